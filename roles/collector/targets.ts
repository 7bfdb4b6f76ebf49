import type { Host } from '../../engine/inventory/types.ts'
import type { OfferedBy } from '../../engine/offer.ts'
import { Failed } from '../../engine/errors.ts'
import { readings, type ReadingStore } from '../offers.ts'
import type { CollectorVars } from './vars.ts'

/** Where readings go: how the agent's config names it, and the secret its account's password is. */
export interface Target {
  /** Whose store it is. */
  readonly host: Host
  readonly role: string
  readonly backend: ReturnType<ReadingStore['backend']>
  readonly secret: string
  /** It shows a certificate of the fleet's CA. */
  readonly tls: boolean
}

/** Where a producer has the certificate of the fleet's CA. */
export const caFile = '/etc/collector/ca.pem'

/**
 * Where the readings of a host go: to the first store of each kind that the fleet offers by itself, or to those its variables ask for.
 * @throws {Failed} where one that is asked for is missing, or there is none
 */
export function targetsOf(
  host: Host,
  offered: OfferedBy,
  { backends, store }: Pick<CollectorVars, 'backends' | 'store'>,
): readonly Target[] {
  const stores = offered(readings)
  const named = store === undefined ? [] : stores.filter(each => each.host.name === store)
  if (store !== undefined && named.length === 0) throw nowhere(host, `the host ${store} stores no readings`)
  const kinds = backends ?? [...new Set(stores.map(({ value }) => value.kind))]
  const targets = kinds.map(kind => {
    const found = [...named, ...stores].find(({ value }) => value.kind === kind)
    if (!found) throw nowhere(host, `no host of the fleet stores readings in ${kind}`)
    const { host: at, role, value } = found
    return { host: at, role, backend: value.backend(host, caFile), secret: value.secret(host), tls: value.tls }
  })
  if (targets.length === 0) throw nowhere(host, 'no host of the fleet stores readings')
  return targets
}

const nowhere = (host: Host, why: string): Failed =>
  new Failed({
    message: `the collector of ${host.name} has nowhere to send readings: ${why}`,
    hint: 'give a host of the inventory a role that stores readings, or correct the variables `backends` and `store` of the role collector',
  })
