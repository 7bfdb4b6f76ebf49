import { planFleet, ownership, type FleetPlan, type Ring, type Weights } from '../tokens/index.ts'
import type { Member } from '../ring/index.ts'
import type { Step } from './steps.ts'

/** What is known before anything moves. */
export interface Situation {
  /** What each host says, by its name in the inventory; in the inventory's order. */
  readonly members: ReadonlyMap<string, Member>
  readonly ring: Ring
  /** Copies of the keyspace the weights are about. */
  readonly factor: number
  readonly weights: Weights
  /** Whom the inventory makes the seeds of each host; all by name. */
  readonly seeds: ReadonlyMap<string, readonly string[]>
  /** Where hosts are, by name. */
  readonly addresses: ReadonlyMap<string, string>
}

/** One node before and after. */
export interface NodeChange {
  readonly node: string
  readonly weight: number | undefined
  readonly tokens: readonly [now: number, wanted: number]
  readonly owns: readonly [now: number, wanted: number, planned: number]
  /** Bytes streamed away from it and to it. */
  readonly out: number
  readonly in: number
  /** Bytes it holds now, and at the most while others are away. */
  readonly load: number
  readonly peak: number
  readonly free: number | undefined
}

export interface RebalancePlan {
  readonly moves: FleetPlan
  readonly steps: readonly Step[]
  readonly nodes: readonly NodeChange[]
  /** Bytes that are streamed in all. */
  readonly streams: number
  /** Seconds it will take, about. */
  readonly seconds: number
}

/** Where nothing can be planned. */
export const noPlan: RebalancePlan = {
  moves: { steps: [], ring: [], owns: new Map(), wanted: new Map(), error: 0, because: [] },
  steps: [],
  nodes: [],
  streams: 0,
  seconds: 0,
}

/** Seconds a node needs to start, and MiB/s that streams do: between an SD card's and a 100 Mbit/s line's, as Pis have them. */
const startSeconds = 40
const streamRate = 5 * 2 ** 20

/** How the ring gets to its weights, every step of it. `only`: no other nodes may move. Pure. */
export function planRebalance(
  situation: Situation,
  options: { readonly only?: readonly string[]; readonly ringDelay: number },
): RebalancePlan {
  const { ring, weights, factor, members } = situation
  const moves = planFleet(ring, weights, { factor, ...(options.only && { only: options.only }) })
  const bytes = dataOf(situation)
  const steps = stepsOf(moves, situation)
  const shares = stagesOf(ring, moves).map(stage => ownership(stage, factor))
  const among = new Set([...ring, ...moves.ring].map(({ name }) => name))
  const names = [...new Set([...members.keys(), ...among])].filter(name => among.has(name))
  const nodes = names.map((node): NodeChange => {
    const mine = moves.steps.filter(step => step.node === node)
    const load = loadOf(node, members)
    const now = shares[0]?.get(node) ?? 0
    return {
      node,
      weight: weights[node],
      tokens: [
        ring.find(({ name }) => name === node)?.tokens.length ?? 0,
        moves.ring.find(({ name }) => name === node)?.tokens.length ?? 0,
      ],
      owns: [now, moves.wanted.get(node) ?? 0, moves.owns.get(node) ?? 0],
      out: mine.reduce((sum, { streamsOut }) => sum + streamsOut * bytes, 0),
      in: mine.reduce((sum, { streamsIn }) => sum + streamsIn * bytes, 0),
      load,
      // What it has given away stays on its card until cleanup, what was moved aside until the end: beside it comes all it takes.
      peak: Math.max(
        load,
        ...shares.map(stage => (stage.get(node) ?? 0) * bytes),
        ...(mine.some(({ action }) => action === 'rejoin') ? [load + (shares.at(-1)?.get(node) ?? 0) * bytes] : []),
      ),
      free: members.get(node)?.disk?.free,
    }
  })
  const streams = nodes.reduce((sum, node) => sum + node.in + node.out, 0)
  const turns = moves.steps.reduce((sum, { action }) => sum + (action === 'remove' ? 1 : action === 'join' ? 1 : 2), 0)
  const seconds = moves.steps.length === 0 ? 0 : turns * (2 * options.ringDelay + startSeconds) + streams / streamRate
  return { moves, steps, nodes, streams, seconds }
}

/** Bytes of one copy of all data: what the nodes hold, over how often they hold it. */
export function dataOf({ members, ring, factor }: Pick<Situation, 'members' | 'ring' | 'factor'>): number {
  return ring.reduce((sum, { name }) => sum + loadOf(name, members), 0) / Math.max(1, Math.min(factor, ring.length))
}

/** Bytes a node holds: from itself, else from whoever knows; the others hear of it once a minute. */
function loadOf(name: string, members: ReadonlyMap<string, Member>): number {
  const own = members.get(name)
  const id = own?.id
  for (const { sees } of [...(own ? [own] : []), ...members.values()]) {
    const load = sees.find(node => node.id === id)?.load
    if (load !== undefined) return load
  }
  return 0
}

/** The ring as it is, and after each edge at which data moves. */
function stagesOf(ring: Ring, { steps }: FleetPlan): Ring[] {
  const stages: Ring[] = [ring]
  for (const { node, action, initialTokens } of steps) {
    const without = (stages.at(-1) ?? []).filter(({ name }) => name !== node)
    if (action !== 'join') stages.push(without)
    if (action !== 'remove') stages.push([...without, { name: node, tokens: initialTokens }])
  }
  return stages
}

function stepsOf(moves: FleetPlan, { ring, members, seeds, addresses }: Situation): Step[] {
  const steps: Step[] = []
  let inside = ring.map(({ name }) => name)
  const address = (name: string) => addresses.get(name) ?? name
  for (const { action, node, initialTokens } of moves.steps) {
    const others = inside.filter(name => name !== node)
    const promoted: string[] = []
    if (action !== 'join') {
      for (const name of others) {
        const own = seeds.get(name) ?? []
        // One of its seeds is still there, itself perhaps: then it can start.
        if (own.length === 0 || own.some(seed => seed === name || others.includes(seed))) continue
        promoted.push(name)
        steps.push({ state: 'promote', node: name, seeds: [address(name)] })
      }
      steps.push({ state: 'decommission', node }, { state: 'confirm', node }, { state: 'stop', node }, { state: 'aside', node })
    }
    if (action !== 'remove') {
      const asked = others.slice(0, 2).map(address)
      steps.push({ state: 'place', node, tokens: initialTokens.map(String), seeds: asked.length ? asked : [address(node)] })
      steps.push({ state: action === 'join' ? 'provision' : 'start', node }, { state: 'join', node }, { state: 'settle', node })
    }
    // Who stays alone keeps itself as its seed: the one the inventory names is gone.
    if (action !== 'remove') for (const name of promoted) steps.push({ state: 'settle', node: name })
    inside = action === 'remove' ? others : [...others, node]
  }
  // Who joined last took from the others and gave nothing since.
  const last = moves.steps.findLast(({ action }) => action !== 'remove')?.node
  if (last !== undefined) for (const node of inside) if (node !== last) steps.push({ state: 'cleanup', node })
  // Only now is nothing owed to anybody: also what earlier runs have moved aside goes.
  const kept = [...members].flatMap(([name, { aside }]) => (aside > 0 ? [name] : []))
  for (const node of new Set([...moves.steps.flatMap(({ action, node: name }) => (action === 'join' ? [] : [name])), ...kept]))
    steps.push({ state: 'forget', node })
  return steps
}
