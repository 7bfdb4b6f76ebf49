import { isSameAddress } from '../../../engine/inventory/address.ts'
import type { Fleet } from '../../../engine/inventory/types.ts'
import { distrust, lastNumber, newJournal, unfinishedOf, type Finding, type Seal } from '../../../engine/operation/index.ts'
import { Failed } from '../../../engine/errors.ts'
import { nodesOf, seedsOf, weightsOf } from '../nodes.ts'
import { liveRing } from '../ring/index.ts'
import type { Weights } from '../tokens/index.ts'
import { cassandraVars } from '../vars.ts'
import type { Ring as Ids } from '../node/index.ts'
import { operation, type Journal } from './operation.ts'
import { noPlan, planRebalance, type RebalancePlan, type Situation } from './plan.ts'
import { findings, planFindings } from './preflight.ts'
import { factorOf, survey, type Surveyed } from './survey.ts'

/** What is wanted of a ring. */
export interface Wish {
  /** Only these may move, and those of them that are no nodes yet join; absent: all nodes may. */
  readonly only?: readonly string[]
  /** Weights that count instead of the inventory's. */
  readonly weights: Weights
  /** Nodes that shall leave for good. */
  readonly remove: readonly string[]
}

/** A ring looked at, and what would be done to it. */
export interface Outlook {
  readonly situation: Situation
  readonly plan: RebalancePlan
  readonly findings: readonly Finding[]
  readonly unfinished: Journal | undefined
  /** The highest number of a rebalance that anybody remembers. */
  readonly last: number
  /** Hosts on which somebody is at work right now, and who. */
  readonly locked: ReadonlyMap<string, string>
  readonly keyspace: string
  /** Hosts with the role that are no nodes. */
  readonly outside: readonly string[]
}

/** Hosts of a fleet that are nodes, or shall leave. @throws Failed where a name is no host of it */
export function hostsOf(fleet: Fleet, remove: readonly string[]): string[] {
  const all = nodesOf(fleet).map(({ name }) => name)
  for (const name of remove)
    if (!fleet.hosts.some(host => host.name === name))
      throw new Failed({ message: `there is no host "${name}" in this fleet`, hint: `its nodes: ${all.join(', ') || 'none'}` })
  return [...new Set([...all, ...remove])]
}

/** The keyspace of a fleet's readings, and its ring's delay in seconds. */
export function ringVars(fleet: Fleet): { readonly keyspace: string; readonly ringDelay: number } {
  return cassandraVars.parse(nodesOf(fleet)[0]?.vars['cassandra'] ?? {})
}

/** Asks the ring and plans; changes nothing. `own`: the controller's journal, where it has one. */
export async function look(fleet: Fleet, hosts: Surveyed, seal: Seal, own: Journal | undefined, wish: Wish): Promise<Outlook> {
  const { keyspace, ringDelay } = ringVars(fleet)
  const names = hostsOf(fleet, wish.remove)
  const { answers: members, silent, journals, doubtful, locked } = await survey(names, hosts, seal)
  const all = [...(own ? [own] : []), ...journals]
  const ring = liveRing(members)
  const inRing = new Set(ring.map(({ name }) => name))
  const weights = { ...weightsOf(fleet), ...wish.weights }
  const counted = names.filter(name => !wish.remove.includes(name) && (inRing.has(name) || wish.only?.includes(name)))
  const situation: Situation = {
    members,
    ring,
    factor: factorOf(members, keyspace),
    weights: Object.fromEntries(counted.map(name => [name, weights[name] ?? 10])),
    addresses: new Map(fleet.hosts.map(({ name, address }) => [name, members.get(name)?.address ?? address])),
    seeds: new Map(
      nodesOf(fleet).map(host => [
        host.name,
        seedsOf(host, fleet).flatMap(seed => fleet.hosts.find(({ address }) => isSameAddress(address, seed))?.name ?? []),
      ]),
    ),
  }
  const isNode = (name: string) =>
    inRing.has(name) || [...members.values()].some(({ sees }) => sees.some(({ address }) => address === members.get(name)?.address))
  const found = [...distrust(doubtful, operation), ...findings(situation, { keyspace, silent, leaving: wish.remove })]
  const refused = found.some(({ refuses }) => refuses)
  // A ring that is not whole has no plan that could be meant.
  const plan = refused ? noPlan : planRebalance(situation, { ringDelay, ...(wish.only && { only: wish.only }) })
  return {
    situation,
    plan,
    keyspace,
    findings: [...found, ...(refused ? [] : planFindings(situation, plan, { keyspace }))],
    unfinished: unfinishedOf(all, operation),
    last: lastNumber(all),
    locked,
    outside: nodesOf(fleet)
      .map(({ name }) => name)
      .filter(name => members.has(name) && !counted.includes(name) && !isNode(name)),
  }
}

/** The journal of what was planned, when it is about to begin. `owner`: who begins it. */
export function begins(fleet: Fleet, { situation, plan, last, keyspace }: Outlook, owner: string): Journal {
  return newJournal({
    fleet: fleet.name,
    owner,
    hosts: [...situation.members.keys()],
    last,
    about: { weights: { ...situation.weights }, keyspace, ids: Object.fromEntries(idsOf(situation)) },
    steps: plan.steps,
  })
}

function idsOf({ ring, members }: Situation): Ids {
  return new Map(
    ring.flatMap(({ name }) => {
      const id = members.get(name)?.id
      return id === undefined ? [] : [[name, id] as const]
    }),
  )
}
