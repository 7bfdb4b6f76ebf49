import { Failed } from '../errors.ts'
import type { Facts } from '../facts.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import type { OfferedBy } from '../offer.ts'
import type { Wanted } from '../plan/desired.ts'
import type { Observed } from '../plan/observe.ts'
import type { AnyRole, Roles } from '../role.ts'
import { Changes } from './changes.ts'
import { besideOf, varsOf } from './resolve.ts'

/** Looks whether roles run on a Pi at all; `all` are those there are. Throws `Failed` with the reason of the first that does not. */
export function refuseUnfit(host: Host, facts: Facts, fleet: Fleet, own: readonly AnyRole[], all: Roles, offered: OfferedBy): void {
  for (const role of own) {
    const refused = role.refuse?.({ host, facts, fleet, vars: varsOf(role, host), beside: besideOf(host, role, facts, all), offered })
    if (refused)
      throw new Failed({
        message: `the role ${role.name} does not run here: ${refused.reason}`,
        role: role.name,
        hint: `nothing was changed; ${refused.hint}`,
      })
  }
}

/** Looks whether what is there lets anything be changed. Throws `Failed` with the first reason why not. */
export function refuseAsFound(wanted: readonly Wanted[], { state }: Pick<Observed, 'state'>): void {
  for (const { role, resource } of wanted) {
    const refused = resource.kind.refuses?.(resource.spec, state.get(resource))
    if (refused) throw new Failed({ message: refused.reason, role, hint: `nothing was changed; ${refused.hint}` })
  }
}

/** Does a look at the host decide whether anything may be changed? */
export const mayRefuse = (wanted: readonly Wanted[]): boolean => wanted.some(({ resource }) => resource.kind.refuses !== undefined)

/**
 * The hosts of a run whose roles may refuse a Pi: none of them changes anything before all with the same role have been looked at, and
 * where one was refused, the others are not begun. One that could not be reached stands in nobody's way.
 */
export class Refusals {
  /** Hosts by role. */
  readonly #byRole: ReadonlyMap<string, ReadonlySet<string>>
  readonly #seen = new Map<string, 'fit' | 'refused' | 'away'>()
  readonly #changes = new Changes()

  constructor(hosts: readonly Host[], rolesOf: (host: Host) => readonly AnyRole[]) {
    const byRole = new Map<string, Set<string>>()
    for (const host of hosts)
      for (const role of rolesOf(host)) if (role.refuse) byRole.set(role.name, (byRole.get(role.name) ?? new Set()).add(host.name))
    this.#byRole = byRole
  }

  /** How a host was found. One that ends without having been looked at is `away`; what was found before stays. */
  found(name: string, how: 'fit' | 'refused' | 'away'): void {
    if (how !== 'away' || !this.#seen.has(name)) this.#seen.set(name, how)
    this.#changes.tell()
  }

  /** Whom a host has to wait for before it changes anything; none: for nobody. Throws `Failed` where one was refused. */
  waitsFor(name: string): string | undefined {
    const others = [...this.#byRole].flatMap(([role, hosts]) => (hosts.has(name) ? [...hosts].map(host => ({ role, host })) : []))
    const refused = others.find(({ host }) => this.#seen.get(host) === 'refused')
    if (refused)
      throw new Failed({
        code: 'behind',
        message: `not begun: the role ${refused.role} does not run on ${refused.host}`,
        role: refused.role,
        hint: `nothing was changed; see what ${refused.host} says`,
      })
    return others.find(({ host }) => !this.#seen.has(host))?.host
  }

  /** Waits until a host need not wait any more. Throws as `waitsFor` does, and when `stop` comes. */
  async clear(name: string, stop?: AbortSignal): Promise<void> {
    while (this.waitsFor(name) !== undefined) {
      stop?.throwIfAborted()
      await this.#changes.next(stop)
    }
  }
}
