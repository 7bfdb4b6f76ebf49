import { openAuthority, type Authority, type NoteIssued } from '../ca/authority.ts'
import { noteIssued, revokedOf } from '../ca/issued.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import type { Wanted } from '../plan/desired.ts'
import type { Registry } from '../registry.ts'
import { openSecrets, type Secrets } from '../secrets/secrets.ts'
import type { HostResult, OnEvent } from './events.ts'
import { convergeAll } from './fleet.ts'
import { thisRun } from './lock.ts'
import { offersOf } from '../offer.ts'
import { opener, type OpenOptions } from './open.ts'
import { preparing } from './prepared.ts'
import type { Purge } from './removed.ts'
import { varsOf } from './resolve.ts'

export interface ProvisionOptions {
  readonly check: boolean
  readonly diff: boolean
  readonly only?: readonly string[]
  /** What becomes of roles that hosts have no more; absent: they are stopped, no more. */
  readonly purge?: Purge
  readonly parallel: number
  readonly acceptNewKeys: boolean
  readonly askPassword?: OpenOptions['askPassword']
  readonly accepted?: OpenOptions['accepted']
  /** Asks a person before something that cannot be taken back; absent: nobody can be asked, and the answer is no. */
  confirm?(host: string, question: string): Promise<boolean>
  readonly on: OnEvent
  /** See `Run`. */
  wanted?(host: string, wanted: readonly Wanted[]): void
  readonly stop?: AbortSignal
}

/** Opens the fleet's secrets for a run; under `check` nothing is written, also here. */
export function secretsFor(fleet: Fleet, check: boolean): Secrets {
  return openSecrets(fleet.file, { preview: check })
}

/** Brings hosts of a fleet to their desired state. Every host has a result; failures are results too. */
export async function provision(
  fleet: Fleet,
  hosts: readonly Host[],
  registry: Registry,
  secrets: Secrets,
  options: ProvisionOptions,
): Promise<ReadonlyMap<string, HostResult>> {
  const {
    check,
    diff,
    only,
    purge = { made: false, data: [] },
    parallel,
    acceptNewKeys,
    askPassword,
    accepted,
    confirm,
    on,
    wanted,
    stop,
  } = options
  const opened = new Map<string | undefined, Promise<Authority>>()
  const note: NoteIssued = ({ subject, names }, made) => noteIssued(fleet.file, subject, names, made)
  const authority = (own?: string) => {
    const opening = opened.get(own) ?? openAuthority(secrets, fleet.name, check, { own, note, revoked: revokedOf(fleet.file) })
    opened.set(own, opening)
    return opening
  }
  const roles = await registry.ofFleet(fleet)
  const offered = offersOf(fleet, roles, varsOf)
  return convergeAll(
    hosts,
    {
      fleet,
      roles,
      registry,
      offered,
      check,
      diff,
      purge,
      on,
      ...(only && { only }),
      ...(wanted && { wanted }),
      ...(stop && { stop }),
      owner: thisRun(),
      secret: (name, make) => secrets.get(name, make),
      confirm: confirm ?? (async () => false),
      open: opener(fleet, { acceptNewKeys, secrets, ...(askPassword && { askPassword }), ...(accepted && { accepted }) }),
      prepared: preparing(fleet, { offered, authority }),
    },
    parallel,
  )
}
