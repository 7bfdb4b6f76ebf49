import { nameOf, type AnyResource, type Change, type Step } from '../resources/kind.ts'
import type { Wanted } from './desired.ts'
import type { Observed } from './observe.ts'

/** One resource that differs: what will be done to it and by which steps. */
export interface PlanItem {
  readonly role: string
  readonly resource: AnyResource
  /** e.g. `file /etc/hosts`. */
  readonly name: string
  readonly changes: readonly Change[]
  readonly steps: readonly Step[]
  /** Resources that react to this one and are marked as owing it before it changes. */
  readonly reactors: readonly AnyResource[]
  /** The turn it must not be begun without. */
  readonly turn?: string
}

/** What a run will change on one host, in order. Empty: it is as wanted. */
export interface Plan {
  readonly items: readonly PlanItem[]
  /** What a person should know, changes or not. */
  readonly notes: readonly string[]
  /** How many resources were looked at. */
  readonly resources: number
}

/**
 * Compares desired and observed. Pure: the same answer gives the same plan. `before` names what this run has changed already:
 * a reaction still owed to it is told as such.
 */
export function plan(wanted: readonly Wanted[], observed: Observed, before: ReadonlySet<AnyResource> = new Set()): Plan {
  const changing = new Map<AnyResource, Wanted>()
  const items: PlanItem[] = []
  for (const { role, resource } of wanted) {
    const { kind, spec } = resource
    const triggers = resource.on.filter(other => changing.has(other)).map(kindLabel)
    if (observed.pending.has(resource)) {
      const owed = resource.on.filter(other => before.has(other)).map(kindLabel)
      // What is owed may ask for more than what changes now: a restart, where that is content with a reload.
      triggers.push(...(owed.length ? owed.filter(each => !triggers.includes(each)) : ['changed by a run that was cut off']))
    }
    const seen = observed.state.get(resource)
    const changes = kind.compare(spec, seen, triggers)
    if (changes.length === 0) continue
    changing.set(resource, { role, resource })
    const isFree = resource.turnOnly === 'restart' && kind.disturbs?.(spec, seen, triggers) === false
    items.push({
      role,
      resource,
      name: nameOf(resource),
      changes,
      steps: kind.change(spec, seen, triggers),
      reactors: [],
      ...(resource.turn !== undefined && !isFree && { turn: resource.turn }),
    })
  }
  const reacting = wanted.filter(w => w.resource.on.length)
  return {
    resources: wanted.length,
    notes: [...new Set(wanted.flatMap(({ resource: { kind, spec }, resource }) => kind.notes?.(spec, observed.state.get(resource)) ?? []))],
    items: items.map(item => ({ ...item, reactors: reacting.filter(w => w.resource.on.includes(item.resource)).map(w => w.resource) })),
  }
}

const kindLabel = (resource: AnyResource) => resource.kind.label(resource.spec)
