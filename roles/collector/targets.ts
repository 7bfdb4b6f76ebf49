import type { Host } from '../../engine/inventory/types.ts'
import type { OfferedBy } from '../../engine/offer.ts'
import { Failed } from '../../engine/errors.ts'
import { readings, type ReadingStore } from '../offers.ts'
import type { CollectorVars } from './vars.ts'

/** Where readings go: how the agent's config names it, and the secret its account's password is, where it has one. */
export interface Target {
  /** Whose store it is. */
  readonly host: Host
  readonly role: string
  readonly backend: ReturnType<ReadingStore['backend']>
  readonly secret?: string
  /** It shows a certificate of the fleet's CA. */
  readonly tls: boolean
  /** It wants to see one. */
  readonly certificate: boolean
}

/** Where a producer has the certificate of the fleet's CA. */
export const caFile = '/etc/collector/ca.pem'

/** Where it has its own, with its key. */
export const certificateFile = '/etc/collector/own.pem'

/**
 * Where the readings of a host go: to the first store of each kind that the fleet offers by itself, or to those its variables ask for.
 * @throws {Failed} where one that is asked for is missing, or there is none
 */
export function targetsOf(
  host: Host,
  offered: OfferedBy,
  { backends, store }: Pick<CollectorVars, 'backends' | 'store'>,
): readonly Target[] {
  const stores = offered(readings).filter(({ value: { only } }) => only === undefined || only === host.name)
  const named = store === undefined ? [] : stores.filter(each => each.host.name === store)
  if (store !== undefined && named.length === 0) throw nowhere(host, `the host ${store} stores no readings`)
  const kinds = backends ?? [...new Set(stores.map(({ value }) => value.kind))]
  const targets = kinds.map(kind => {
    const found = [...named, ...stores].find(({ value }) => value.kind === kind)
    if (!found) throw nowhere(host, `no host of the fleet stores readings in ${kind}`)
    const { host: at, role, value } = found
    const secret = value.secret?.(host)
    const backend = value.backend(host, caFile, certificateFile)
    return { host: at, role, backend, ...(secret !== undefined && { secret }), tls: value.tls, certificate: value.certificate === true }
  })
  if (targets.length === 0) throw nowhere(host, 'no host of the fleet stores readings')
  return targets
}

const nowhere = (host: Host, why: string): Failed =>
  new Failed({
    message: `the collector of ${host.name} has nowhere to send readings: ${why}`,
    hint: 'give a host of the inventory a role that stores readings, or correct the variables `backends` and `store` of the role collector',
  })

/** Where the agent of a host has the passwords of its accounts: the file's name, and the secret that is in it. */
export const passwordsOf = (targets: readonly Target[]): readonly { readonly file: string; readonly secret: string }[] =>
  targets.flatMap(({ backend: { passwordFile: file }, secret }) => (file !== undefined && secret !== undefined ? [{ file, secret }] : []))
