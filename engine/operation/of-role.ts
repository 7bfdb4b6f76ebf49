import { Failed, UsageError } from '../errors.ts'
import type { Fleet } from '../inventory/types.ts'
import type { OfferedBy } from '../offer.ts'
import type { Course } from './course.ts'
import type { Hosts } from './hosts.ts'
import type { LeadFlags } from './lead.ts'
import type { Operation } from './kind.ts'
import type { Seal } from './seal.ts'

/** What is wanted of shares: the command line of `rebalance`, for every role that has one. */
export interface ShareFlags extends LeadFlags {
  /** NAME=NUMBER,… instead of the inventory's. */
  readonly weights?: string
  /** Weights from a benchmark. */
  readonly measure?: true
  /** Hosts that shall leave for good. */
  readonly remove?: readonly string[]
}

/** One command line. */
export interface Wanted {
  readonly fleet: Fleet
  /** Hosts that were named: only these may move. */
  readonly names: readonly string[]
  readonly flags: ShareFlags
}

/** @throws UsageError where a command line about shares says two things at once */
export function refuseContradictions({ names, flags }: Pick<Wanted, 'names' | 'flags'>): void {
  if ((flags.resume || flags.abort) && (names.length || flags.weights || flags.measure || flags.remove?.length))
    throw new UsageError('--resume and --abort take the run that was cut off as it was: no hosts, no weights')
  if (flags.weights && flags.measure) throw new UsageError('weights are given or measured, not both')
}

/** What an operation of a role works with. */
export interface RoleTools {
  readonly hosts: Hosts
  readonly seal: Seal
  tell(text: string): void
  /** Lets a host have what its roles say. Throws where it fails. */
  provision(host: string): Promise<void>
  /**
   * Runs a program on the controller, in the project's folder, with `FLEET_INVENTORY` set; what it prints goes to the person.
   * @throws Failed where it ends with an error
   */
  here(words: readonly string[]): Promise<void>
  /** What roles of the whole fleet offer under a key. */
  readonly offered: OfferedBy
}

/** A long operation that a role has. */
export interface RoleOperation {
  readonly operation: Operation
  /** Changes nothing. @throws UsageError where the command line cannot be meant, Failed where the fleet has nothing to do it with */
  course(wanted: Wanted, tools: RoleTools): Course
}

/** Long operations of a role, by the command that leads them; each is loaded when it is asked for. */
export interface RoleOperations {
  readonly rebalance?: () => Promise<RoleOperation>
  readonly rotate?: () => Promise<RoleOperation>
}

/** A role by its name, as far as it matters here. */
export type RolesWithOperations = Readonly<Record<string, { readonly operations?: RoleOperations }>>

/**
 * Whose operation is meant, and the hosts that were named. The first word is a role where a role of that name has the operation, also where
 * a host is called the same; without such a word it is the only role of the fleet that has it.
 * @throws UsageError where the fleet has two; Failed where it has none
 */
export function roleMeant(
  command: keyof RoleOperations,
  words: readonly string[],
  fleet: Fleet,
  roles: RolesWithOperations,
): { readonly role: string; readonly names: readonly string[] } {
  const all = Object.keys(roles).filter(name => roles[name]?.operations?.[command] !== undefined)
  const [first, ...rest] = words
  if (first !== undefined && all.includes(first)) return { role: first, names: rest }
  const here = all.filter(name => fleet.hosts.some(host => host.roles.includes(name)))
  if (here.length > 1)
    throw new UsageError(
      `this fleet has ${here.join(' and ')}: which is meant?`,
      `say it first: ${here.map(name => `${command} ${[name, ...words].join(' ')}`).join(', or ')}`,
    )
  // Where only one role can be meant it says itself what is missing.
  const [only = all.length === 1 ? all[0] : undefined] = here
  if (only === undefined) throw noHost(fleet, all)
  return { role: only, names: words }
}

/** No host has a role of these. */
export function noHost(fleet: Fleet, roles: readonly string[]): Failed {
  return new Failed({
    message: `no host of the fleet ${fleet.name} has the role ${roles.join(' or ')}`,
    hint: 'give two or more the role in the inventory, and provision them',
  })
}
