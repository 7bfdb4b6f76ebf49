import { nameOf, type AnyResource } from '../resources/kind.ts'
import type { AnyRole } from '../role.ts'

/** A resource together with the role that wants it. */
export interface Wanted {
  readonly role: string
  readonly resource: AnyResource
}

/** Runs a generator of resources, handing each back to it so that it can be named as a dependency. */
export function collect(resources: Generator<AnyResource, void, AnyResource>): AnyResource[] {
  const list: AnyResource[] = []
  for (let next = resources.next(); !next.done; next = resources.next(next.value)) list.push(next.value)
  return list
}

/** What the roles that conflict with `role` must have stopped, in the order they are named. */
export function stoppedFirst(role: AnyRole, all: Readonly<Record<string, AnyRole>>): AnyResource[] {
  return (role.conflicts ?? []).flatMap(name => {
    const other = all[name]
    return other?.stopped ? collect(other.stopped()) : []
  })
}

/**
 * Joins what the roles of one host want. The same resource from two roles counts once;
 * two that disagree are an error, for the second run would undo the first. What either depends on, the one that stays
 * depends on, and it stands behind all of that.
 */
export function join(wanted: readonly Wanted[]): Wanted[] {
  const byName = new Map<string, Wanted[]>()
  for (const next of wanted) {
    const name = nameOf(next.resource)
    const same = byName.get(name)
    const [first] = same ?? []
    if (!first) byName.set(name, [next])
    else if (JSON.stringify(first.resource.spec) !== JSON.stringify(next.resource.spec))
      throw new Error(`roles ${first.role} and ${next.role} disagree about ${name}`)
    else same?.push(next)
  }
  if (byName.size === wanted.length) return [...wanted]
  const list: Wanted[] = []
  const made = new Map<string, AnyResource>()
  const waiting = [...byName].map(([name, same]) => ({
    name,
    same,
    needs: [...new Set(same.flatMap(({ resource }) => resource.on.map(nameOf)))],
  }))
  while (waiting.length) {
    const at = waiting.findIndex(({ needs }) => needs.every(other => made.has(other) || !byName.has(other)))
    if (at < 0) throw new Error(`these wait for each other: ${waiting.map(({ name }) => name).join(', ')}`)
    for (const { name, same, needs } of waiting.splice(at, 1)) {
      const { resource } = same[0] as Wanted
      const on = needs.flatMap(other => made.get(other) ?? [])
      const taking = same.map(other => other.resource).filter(other => other.turn !== undefined)
      const turn = taking[0]?.turn
      // Whoever wants it in turn always, has a reason that the others may not know.
      const turnOnly = taking.length > 0 && taking.every(other => other.turnOnly === 'restart') ? ('restart' as const) : undefined
      const asIs =
        turn === resource.turn &&
        turnOnly === resource.turnOnly &&
        on.length === resource.on.length &&
        on.every(other => resource.on.includes(other))
      const { turnOnly: _, ...rest } = resource
      const joined = asIs ? resource : { ...rest, on, ...(turn !== undefined && { turn }), ...(turnOnly && { turnOnly }) }
      made.set(name, joined)
      list.push({ role: roleNames(same.map(({ role }) => role)), resource: joined })
    }
  }
  return list
}

/**
 * Makes one of the resources that a kind can change together, where the first of them stands: one apt transaction
 * instead of one a role. Resources that depend on a merged one depend on the whole.
 */
export function mergeable(wanted: readonly Wanted[]): Wanted[] {
  const becomes = new Map<AnyResource, AnyResource>()
  for (const kind of new Set(wanted.map(w => w.resource.kind))) {
    const alike = wanted.map(w => w.resource).filter(r => r.kind === kind && r.on.length === 0 && r.turn === undefined)
    if (!kind.merge || alike.length < 2) continue
    const whole: AnyResource = { kind, spec: kind.merge(alike.map(r => r.spec)), on: [] }
    for (const part of alike) becomes.set(part, whole)
  }
  if (becomes.size === 0) return [...wanted]
  const roles = new Map<AnyResource, string[]>()
  const list: AnyResource[] = []
  for (const { role, resource } of wanted) {
    const on = resource.on.map(other => becomes.get(other) ?? other)
    if (!becomes.has(resource))
      becomes.set(resource, on.some((other, index) => other !== resource.on[index]) ? { ...resource, on } : resource)
    const next = becomes.get(resource) as AnyResource
    const by = roles.get(next)
    if (by) by.push(role)
    else {
      roles.set(next, [role])
      list.push(next)
    }
  }
  return list.map(resource => ({ role: roleNames(roles.get(resource) ?? []), resource }))
}

// What several roles want is told as `base+web`.
const roleNames = (names: readonly string[]) => [...new Set(names.flatMap(name => name.split('+')))].join('+')
