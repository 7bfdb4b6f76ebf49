import type { Fleet, Host } from '../inventory/types.ts'
import type { OfferedBy } from '../offer.ts'
import type { Registry } from '../registry.ts'
import type { Wanted } from '../plan/desired.ts'
import type { Roles } from '../role.ts'
import type { Session } from '../ssh/session.ts'
import type { OnEvent } from './events.ts'
import type { Prepared } from './prepared.ts'
import type { Purge } from './removed.ts'

/** What a run is about; the same for all its hosts. */
export interface Run {
  readonly fleet: Fleet
  /** The roles that hosts of the fleet have. */
  readonly roles: Roles
  /** Where a role is found that a Pi had before. */
  readonly registry: Pick<Registry, 'load'>
  /** What the fleet's roles offer each other. */
  readonly offered: OfferedBy
  /** Stop after the plan; nothing is written anywhere. */
  readonly check: boolean
  /** Ask for what diffs need. */
  readonly diff: boolean
  /** Only these roles. */
  readonly only?: readonly string[]
  /** What becomes of roles that hosts have no more. */
  readonly purge: Purge
  /** Who runs it, shown to another run that finds the host locked. */
  readonly owner: string
  secret(name: string, make?: () => string): string
  /** Asks a person about a host; see `ActContext`. */
  confirm(host: string, question: string): Promise<boolean>
  /** Opens a session to a host; called again after a lost link. */
  open(host: Host): Promise<Session>
  /** What a role prepares on the controller, made once a run. */
  readonly prepared: Prepared
  readonly on: OnEvent
  /** Told what roles want of a host, before anything is asked of it. */
  wanted?(host: string, wanted: readonly Wanted[]): void
  /** Aborted: hosts finish the step they are at and stop. */
  readonly stop?: AbortSignal
}
