import { asking } from '../../../cli/asking.ts'
import type { CommonOptions } from '../../../cli/options.ts'
import { keepersOf, type Keeper } from '../../../engine/backup/index.ts'
import { UsageError } from '../../../engine/errors.ts'
import { didYouMean } from '../../../engine/inventory/nearest.ts'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import { ownJournal, sealSecret, type OwnJournal, type Seal } from '../../../engine/operation/index.ts'
import { operation } from '../../../engine/replace/index.ts'
import type { Roles } from '../../../engine/role.ts'
import { opener } from '../../../engine/run/open.ts'
import { secretsFor } from '../../../engine/run/provision.ts'
import type { Session } from '../../../engine/ssh/session.ts'
import { registry } from '../../../roles/index.ts'
import { fleetOf } from '../fleet-of.ts'

/** The command line of `fleet replace`. */
export interface ReplaceFlags {
  readonly base?: string
  readonly out?: string
  readonly sha256?: string
  readonly hostKey?: string
  readonly to?: string
  /** Minutes. */
  readonly wait: string
  readonly check?: true
  readonly abort?: true
  readonly acceptNewKeys?: true
  readonly yes?: true
}

export type Flags = ReplaceFlags & CommonOptions

/** What a run works with. */
export interface Work {
  readonly fleet: Fleet
  readonly host: Host
  readonly flags: Flags
  readonly roles: Roles
  readonly keepers: readonly Keeper[]
  readonly own: OwnJournal
  readonly seal: Seal
  open(host: Host): Promise<Session>
}

export async function workOf(name: string, flags: Flags): Promise<Work> {
  const fleet = await fleetOf('fleet', flags)
  const names = fleet.hosts.map(each => each.name)
  const host = fleet.hosts.find(each => each.name === name)
  if (!host) throw new UsageError(`there is no host ${name} in this fleet`, didYouMean(name, names) ?? `there is: ${names.join(', ')}`)
  if ((flags.base === undefined) !== (flags.out === undefined))
    throw new UsageError('an image needs both: --base, what it is made of, and --out, the file to make')
  if (!(Number(flags.wait) >= 0)) throw new UsageError(`--wait wants minutes, not "${flags.wait}"`)
  if (flags.hostKey !== undefined && !/^SHA256:[A-Za-z0-9+/]{43}$/.test(flags.hostKey))
    throw new UsageError(
      `--host-key wants a fingerprint, SHA256:…, not "${flags.hostKey}"`,
      'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, on the Pi',
    )
  const roles = await registry.ofFleet(fleet)
  return {
    fleet,
    host,
    flags,
    roles,
    keepers: await keepersOf({ fleet, roles }, undefined, [host]),
    own: ownJournal(fleet.file, operation.files),
    seal: { fleet: fleet.name, key: secretsFor(fleet, flags.check === true).get(sealSecret(operation.files)) },
    open: opener(fleet, {
      acceptNewKeys: flags.acceptNewKeys === true,
      secrets: secretsFor(fleet, true),
      expected: each => (each === host ? flags.hostKey : undefined),
      ...asking(),
    }),
  }
}
