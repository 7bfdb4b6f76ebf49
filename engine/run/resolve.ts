import { describeDisk, diskBudgets, type DiskBudget } from '../disk.ts'
import type { Facts } from '../facts.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import { keptOf } from '../kept.ts'
import { budget, describeBudget, totalOf, type MemoryBudget, type MemoryUse } from '../memory.ts'
import type { OfferedBy } from '../offer.ts'
import { collect, join, mergeable, stoppedFirst, type Wanted } from '../plan/desired.ts'
import type { AnyRole, Roles } from '../role.ts'
import { Failed } from '../errors.ts'

/** One of a host's roles with its checked variables and what it prepared. */
export interface ResolvedRole {
  readonly role: AnyRole
  readonly vars: unknown
  readonly prepared: unknown
}

/** The roles of a host that a run is about, in order. `only` narrows to some of them. */
export function rolesOf(host: Host, roles: Roles, only?: readonly string[]): AnyRole[] {
  return host.roles
    .filter(name => !only || only.includes(name))
    .map(name => {
      const role = roles[name]
      if (!role) throw new Failed({ message: `there is no role ${name}`, role: name })
      return role
    })
}

/** A role's variables on a host, with their defaults. The inventory has checked them already. */
export function varsOf(role: AnyRole, host: Host): unknown {
  return role.vars.parse(host.vars[role.name] ?? {}, { jitless: true })
}

/** Everything the roles want of one host, joined and merged. */
export function desiredOf(
  resolved: readonly ResolvedRole[],
  context: {
    readonly host: Host
    readonly fleet: Fleet
    readonly facts: Facts
    readonly roles: Roles
    secret(name: string, make?: () => string): string
    readonly offered: OfferedBy
  },
): Wanted[] {
  const { host, fleet, facts, roles, secret, offered } = context
  const wanted = resolved.flatMap(({ role, vars, prepared }) => {
    const stopped = stoppedFirst(role, roles)
    const kept = keptOf(fleet.file, role.name)
    const beside = besideOf(host, role, facts, roles)
    const desired = collect(role.desired({ host, fleet, facts, vars, prepared, secret, offered, kept, beside }))
    return [...stopped, ...desired].map(resource => ({ role: role.name, resource }))
  })
  return mergeable(join(wanted))
}

/** What a role wants of its cluster, as asked on a host. */
export function clusterWanted(
  { role, vars, prepared }: ResolvedRole,
  context: { readonly host: Host; readonly fleet: Fleet; readonly facts: Facts; secret(name: string): string; readonly offered: OfferedBy },
): Wanted[] {
  if (!role.cluster) return []
  const { host, fleet, facts, secret, offered } = context
  const hosts = fleet.hosts.flatMap(each => (each.roles.includes(role.name) ? [{ host: each, vars: varsOf(role, each) as unknown }] : []))
  const kept = keptOf(fleet.file, role.name)
  const resources = collect(role.cluster({ host, fleet, facts, hosts, vars, prepared, secret, offered, kept }))
  return mergeable(join(resources.map(resource => ({ role: role.name, resource }))))
}

/** Refuses a host that would forget what is done to it. Throws `Failed` with how it is made to remember. */
export function refuseForgetful({ volatileRoot }: Facts): void {
  if (volatileRoot)
    throw new Failed({
      message: 'its root file system is an overlay in memory: whatever is changed there is gone at its next boot',
      hint:
        'nothing was changed; on the Pi: `sudo raspi-config nonint disable_overlayfs && sudo reboot`, provision it, ' +
        'then `sudo raspi-config nonint enable_overlayfs && sudo reboot`',
    })
}

/** Bytes that the other roles of a host hold in memory, each as if it was alone there. */
export function besideOf(host: Host, { name }: Pick<AnyRole, 'name'>, facts: Facts, roles: Roles): number {
  return rolesOf(host, roles)
    .filter(other => other.name !== name)
    .reduce((sum, other) => sum + totalOf({ role: other.name, parts: other.memory({ host, facts, vars: varsOf(other, host) }) }), 0)
}

/** What each role of a host will hold in memory there. */
export function usesOf(host: Host, facts: Facts, roles: Roles): readonly MemoryUse[] {
  return rolesOf(host, roles).map(role => ({
    role: role.name,
    parts: role.memory({ host, facts, vars: varsOf(role, host), beside: besideOf(host, role, facts, roles) }),
  }))
}

/**
 * What all roles of the host together will hold in memory, against its RAM.
 * Counts every role of the host also when the run is about one of them. Throws `Failed` with the numbers where it does not fit.
 */
export function memoryOf(host: Host, facts: Facts, roles: Roles): MemoryBudget {
  const sum = budget(facts.memory, usesOf(host, facts, roles))
  if (!sum.fits)
    throw new Failed({
      message: `its roles do not fit its memory: ${describeBudget(sum)} MiB`,
      hint: 'nothing was changed; move a role to another host or lower its memory variables in the inventory',
    })
  return sum
}

/**
 * What the roles of a host take of its disks; `made`: roles that were set up there before, whose share is taken already.
 * Counts every role of the host also when the run is about one of them.
 */
export function disksOf(
  host: Host,
  made: readonly string[],
  context: { readonly fleet: Fleet; readonly facts: Facts; readonly roles: Roles; readonly offered: OfferedBy },
): readonly DiskBudget[] {
  const { roles, ...rest } = context
  const uses = rolesOf(host, roles).map(role => ({
    role: role.name,
    there: made.includes(role.name),
    parts: role.disk?.({ ...rest, host, vars: varsOf(role, host) }) ?? {},
  }))
  return diskBudgets(context.facts.disks, uses)
}

/** Refuses a host whose new roles have no room. Throws `Failed` with the numbers. */
export function refuseFull(budgets: readonly DiskBudget[], today: Date): void {
  const short = budgets.find(({ fits }) => !fits)
  if (short)
    throw new Failed({
      message: `its new roles do not fit its disk: ${describeDisk(short, today)}`,
      hint: `nothing was changed; free some space (\`sudo apt-get clean\`, \`sudo journalctl --vacuum-size=50M\`), take a larger card, or move a role to another host`,
    })
}
