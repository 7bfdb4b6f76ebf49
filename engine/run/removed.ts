import type { Fleet, Host } from '../inventory/types.ts'
import { forgetMade, madeFolder } from '../made.ts'
import { collect, type Wanted } from '../plan/desired.ts'
import { aptKind } from '../resources/apt.ts'
import { without } from '../resources/gone.ts'
import { act, command, nameOf, type AnyResource } from '../resources/index.ts'
import type { Registry } from '../registry.ts'
import type { AnyRole, RoleData } from '../role.ts'
import { Failed } from '../errors.ts'

/** What becomes of roles that a host has no more. */
export interface Purge {
  /** What they made is removed. */
  readonly made: boolean
  /** Roles whose data is removed, too. */
  readonly data: readonly string[]
}

/** Roles that provision set up on a host and that the inventory gives it no more. `only` narrows to some of them. */
export async function removedRoles(
  host: Host,
  made: readonly string[],
  registry: Pick<Registry, 'load'>,
  only?: readonly string[],
): Promise<AnyRole[]> {
  const lost = made.filter(name => !host.roles.includes(name) && (!only || only.includes(name)))
  const known = await registry.load(lost)
  return lost.flatMap(name => known[name] ?? [])
}

/**
 * What is wanted of a host for roles it has no more: they do not run, and what is purged is gone. `kept` is what its own roles want: theirs
 * stays.
 */
export function removedWanted(
  removed: readonly AnyRole[],
  kept: readonly Wanted[],
  context: { readonly host: Host; readonly fleet: Fleet; readonly purge: Purge },
): Wanted[] {
  const { host, fleet, purge } = context
  const own = new Set(kept.map(({ resource }) => nameOf(resource)))
  const labels = new Set(kept.map(({ resource }) => resource.kind.label(resource.spec)))
  const packages = new Set(
    kept.flatMap(({ resource }) => (resource.kind === aptKind ? (resource.spec as { readonly packages: readonly string[] }).packages : [])),
  )
  const purgedOf = (role: AnyRole): AnyResource[] => {
    if (!purge.made) return []
    const purged = role.purged ? collect(role.purged()) : []
    return [
      ...purged.flatMap(resource => without(resource, packages)).filter(({ kind, spec }) => !labels.has(kind.label(spec))),
      ...(purge.data.includes(role.name) && role.data ? [dataGone(role.name, role.data)] : []),
      command(`${role.name} is forgotten`, { unless: `[ ! -e ${madeFolder}/${role.name} ]`, run: forgetMade(role.name) }),
    ]
  }
  return removed.flatMap(role =>
    [...(role.leaving ? collect(role.leaving({ host, fleet })) : []), ...(role.stopped ? collect(role.stopped()) : []), ...purgedOf(role)]
      .filter(resource => !own.has(nameOf(resource)))
      .map(resource => ({ role: role.name, resource })),
  )
}

/**
 * Takes a role's data away for good, when a person says so. It is renamed first: cut anywhere, it is there as a whole or not at all, so
 * that no server starts on half of it. A link is not followed and not removed, for what it leads to would stay.
 */
function dataGone(role: string, { path }: RoleData): AnyResource {
  const aside = `${path}.purged`
  return act(`no data of ${role}`, {
    unless: `[ ! -e ${path} ] && [ ! -L ${path} ] && [ ! -e ${aside} ]`,
    does: `REMOVE ${path} for good, when a person says so`,
    async act({ $, confirm, host }) {
      if ((await $`[ -L ${path} ] && echo link || true`).stdout.trim() === 'link')
        throw new Failed({
          message: `the data of ${role} stays: ${path} is a link`,
          hint: `remove it on ${host.name} by hand, and what it leads to`,
        })
      // What an earlier run renamed and did not get to remove is its data, too.
      const { stdout } = await $`du -shc ${path} ${aside} 2>/dev/null | tail -n 1`.nothrow()
      if (!(await confirm(`remove the data of ${role}, ${stdout.split('\t')[0] ?? ''} in ${path}, for good?`)))
        throw new Failed({
          message: `the data of ${role} stays in ${path}: nobody said yes`,
          hint: `if it may go: provision ${host.name} --purge-data ${role} --yes`,
        })
      await $`[ ! -e ${path} ] || { rm -rf --one-file-system -- ${aside} && mv -T -- ${path} ${aside}; }`
      await $`rm -rf --one-file-system -- ${aside}`
    },
  })
}

/** What a person should know of a role that is to go. */
export function goesText(role: AnyRole, purge: Purge): string {
  const data = role.data && !purge.data.includes(role.name) ? `; its data stays in ${role.data.path}` : ''
  const goes = purge.made ? 'it is stopped, and what it made is removed' : 'it is stopped and disabled (--purge removes what it made)'
  return `${role.name}: no longer a role of this host: ${goes}${data}`
}
