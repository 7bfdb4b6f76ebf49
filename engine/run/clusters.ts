import type { Host } from '../inventory/types.ts'
import { clusterOwed, clusterPendingMark } from '../plan/marks.ts'
import type { Wanted } from '../plan/desired.ts'
import type { Answer, Observed } from '../plan/observe.ts'
import type { Plan } from '../plan/plan.ts'
import type { AnyRole, Roles } from '../role.ts'

/** A role of a run whose cluster is asked about, with the hosts of the run that have the role, in the inventory's order. */
export interface RunCluster {
  readonly role: AnyRole
  readonly hosts: readonly Host[]
}

/** The roles of hosts that have something which belongs to their cluster. `only` narrows to some of them. */
export function clustersOf(hosts: readonly Host[], roles: Roles, only?: readonly string[]): RunCluster[] {
  const found = new Map<AnyRole, Host[]>()
  for (const host of hosts)
    for (const name of host.roles) {
      const role = roles[name]
      if (role?.cluster && (!only || only.includes(name))) found.set(role, [...(found.get(role) ?? []), host])
    }
  return [...found].map(([role, hosts]) => ({ role, hosts }))
}

/** What the hosts of a run say of their roles' clusters, each in the answer to its own question. */
export class Clusters {
  readonly all: readonly RunCluster[]
  readonly #plans = new Map<string, Plan>()
  readonly #marks = new Map<string, ReadonlySet<string>>()

  /** Hosts of the run in the inventory's order. */
  constructor(hosts: readonly Host[], roles: Roles, only?: readonly string[]) {
    this.all = clustersOf(hosts, roles, only)
  }

  /** The roles whose cluster a host is asked about: those of which it is the first in this run. */
  askedOn(host: Host): readonly AnyRole[] {
    return this.all.flatMap(({ role, hosts }) => (hosts[0] === host ? [role] : []))
  }

  /** What the host that was asked has answered, as what is to be done. */
  answered(role: AnyRole, todo: Plan): void {
    this.#plans.set(role.name, todo)
  }

  /** All marks that are on a host. */
  marked(host: Host, marks: ReadonlySet<string>): void {
    this.#marks.set(host.name, marks)
  }

  /** What is to be done, as the first of its hosts answered; none where that host did not. */
  planOf(role: AnyRole): Plan | undefined {
    return this.#plans.get(role.name)
  }

  /** Hosts of a cluster that have a mark of it, each with its marks. */
  owing({ role, hosts }: RunCluster): ReadonlyMap<Host, ReadonlySet<string>> {
    return new Map(
      hosts.flatMap(host => {
        const marks = this.#marks.get(host.name)
        return marks && clusterOwed(marks).has(role.name) ? [[host, marks] as const] : []
      }),
    )
  }
}

/** What an answer shows of a cluster's resources; `marks` are those of every host that may owe something to them. */
export function clusterObserved(
  role: AnyRole,
  wanted: readonly Wanted[],
  { state }: Pick<Answer, 'state'>,
  marks: ReadonlySet<string>,
): Observed {
  const pending = new Set(wanted.map(({ resource }) => resource).filter(resource => marks.has(clusterPendingMark(role.name, resource))))
  return { state, pending, unseen: new Set() }
}
