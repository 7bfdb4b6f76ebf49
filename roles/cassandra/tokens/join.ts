import { along, arcsOf, fraction, minToken, percent, ringSize, type Arc, type Ring, type Weights } from './ring.ts'
import { targetsOf } from './targets.ts'

/** How one node joins a ring. */
export interface JoinPlan {
  readonly node: string
  readonly numTokens: number
  readonly initialTokens: readonly bigint[]
  /** Share of the data it takes over, by the node that gives it. */
  readonly takes: ReadonlyMap<string, number>
  /** Share of the data that is streamed to it. */
  readonly streams: number
  /** Nodes that stay away from their share whatever tokens the joining one gets: only leaving and rejoining changes that. */
  readonly astray: readonly { readonly node: string; readonly owns: number; readonly wanted: number }[]
  /** Why it is so, a sentence each. */
  readonly because: readonly string[]
}

export interface JoinOptions {
  /** Replication factor of the keyspace that matters; 1 by default. */
  readonly factor?: number
  /** Tokens to aim at; more where each node could otherwise not give its part. */
  readonly tokens?: number
}

/** An arc with the nodes that keep it, nearest first. */
interface Kept extends Arc {
  readonly replicas: readonly string[]
  /** A token in it changes, beside its own arc, only slivers before it. */
  readonly alone: boolean
}

const tolerance = 0.005

/**
 * Tokens for one node that joins (or rejoins) a ring whose other nodes stay as they are.
 *
 * A token put into an arc takes the part of the arc before it, and relieves the last of the nodes that keep it. So each
 * node that holds more than its share gives its surplus out of its largest such arcs, the same fraction of each. Nodes
 * that keep each other's ratio give in that ratio; nothing but what the joining node will hold is moved.
 */
export function planJoin(ring: Ring, node: string, weights: Weights, options: JoinOptions = {}): JoinPlan {
  const { factor = 1, tokens: aim = 16 } = options
  if (ring.some(other => other.name === node))
    throw new Error(`${node} is in the ring already: it must leave before it can rejoin with other tokens`)
  const missing = [...ring.map(other => other.name), node].find(name => weights[name] === undefined)
  if (missing !== undefined) throw new Error(`${missing} has no weight`)
  if (ring.length === 0) return first(node, aim)

  const targets = targetsOf(weights, factor)
  const copies = Math.min(factor, ring.length)
  // With fewer nodes than copies everybody holds everything: then its tokens are chosen as for one copy.
  if (ring.length < factor) {
    const plan = planJoin(ring, node, weights, { tokens: aim })
    return {
      ...plan,
      streams: 1,
      astray: [],
      because: [`with ${ring.length + 1} nodes and factor ${factor} each node holds all data; weights have no effect on that`],
    }
  }
  const kept = keptOf(ring, copies)
  const owned = new Map(ring.map(({ name }) => [name, 0n]))
  for (const { replicas, size } of kept) for (const name of replicas) owned.set(name, (owned.get(name) ?? 0n) + size)

  const share = targets.parts.get(node) as bigint
  const surplus = ring.flatMap(({ name }) => {
    const over = (owned.get(name) ?? 0n) - (targets.parts.get(name) ?? 0n)
    return over > 0n ? [{ name, over }] : []
  })
  const sum = surplus.reduce((total, { over }) => total + over, 0n)
  const used = new Set(kept.map(arc => arc.token))
  const initialTokens: bigint[] = []
  const takes = new Map<string, number>()
  for (const { name, over } of surplus) {
    const amount = sum > 0n ? (share * over) / sum : 0n
    const arcs = kept.filter(arc => arc.alone && arc.replicas.at(-1) === name && arc.size > 2n ** 24n)
    const chosen = tokensIn(arcs, amount, share === 0n ? 1 : Math.round((aim * Number(amount)) / Number(share)), used)
    initialTokens.push(...chosen.tokens)
    if (chosen.taken > 0n) takes.set(name, fraction(chosen.taken))
  }
  const streams = [...takes.values()].reduce((total, part) => total + part, 0)
  // A ring in which no arc can be had alone still takes the node, with the tokens of one copy.
  if (initialTokens.length === 0) {
    const plan = planJoin(ring, node, weights, { tokens: aim })
    return {
      ...plan,
      because: [
        'in this ring every token moves the copies of several nodes: its place cannot be computed for more than one copy',
        ...plan.because,
      ],
    }
  }
  const astray = ring.flatMap(({ name }) => {
    const owns = fraction(owned.get(name) ?? 0n) - (takes.get(name) ?? 0)
    const wanted = fraction(targets.parts.get(name) ?? 0n)
    return Math.abs(owns - wanted) > tolerance * wanted ? [{ node: name, owns, wanted }] : []
  })
  const from = [...takes].map(([name, part]) => `${percent(part)} from ${name}`).join(', ')
  const because = [
    `${node} shall hold ${percent(fraction(share))}: it takes ${from}, by ${initialTokens.length} tokens`,
    ...targets.capped.map(
      name => `${name} would have to hold more than everything for its weight: it holds 100 %, the others share the rest by their weights`,
    ),
    ...astray.map(
      ({ node: name, owns, wanted }) =>
        `${name} will hold ${percent(owns)} where ${percent(wanted)} is wanted: a node that stays can only give, ` +
        `so it is right once ${owns < wanted ? 'it has' : 'others have'} left and rejoined`,
    ),
  ]
  initialTokens.sort((a, b) => (a < b ? -1 : 1))
  return { node, numTokens: initialTokens.length, initialTokens, takes, streams, astray, because }
}

function first(node: string, count: number): JoinPlan {
  const step = ringSize / BigInt(count)
  const initialTokens = Array.from({ length: count }, (_, index) => along(minToken, step * BigInt(index + 1) - 1n))
  return {
    node,
    numTokens: count,
    initialTokens,
    takes: new Map(),
    streams: 0,
    astray: [],
    because: [`${node} is the first: it holds everything, in ${count} equal stretches others can take from`],
  }
}

// Largest arcs first: as many as the amount needs without emptying one, or as many as were aimed at.
function tokensIn(arcs: readonly Kept[], amount: bigint, aim: number, used: Set<bigint>): { tokens: bigint[]; taken: bigint } {
  if (amount <= 0n) return { tokens: [], taken: 0n }
  const chosen: Kept[] = []
  let room = 0n
  for (const arc of [...arcs].sort((a, b) => (a.size === b.size ? 0 : a.size > b.size ? -1 : 1))) {
    if (chosen.length >= aim && room * 15n > amount * 16n) break
    chosen.push(arc)
    room += arc.size
  }
  const tokens: bigint[] = []
  let taken = 0n
  for (const [index, arc] of chosen.entries()) {
    const part = index === chosen.length - 1 ? amount - taken : (arc.size * amount) / room
    const most = arc.size - 1024n
    const size = part < 1n ? 0n : part > most ? most : part
    let token = along(arc.token, size - arc.size)
    while (used.has(token)) token = along(token, -1n)
    if (size === 0n) continue
    used.add(token)
    tokens.push(token)
    taken += size
  }
  return { tokens, taken }
}

function keptOf(ring: Ring, copies: number): Kept[] {
  const arcs = arcsOf(ring)
  const at = (index: number) => arcs[((index % arcs.length) + arcs.length) % arcs.length] as Arc
  return arcs.map((arc, index) => {
    const replicas = new Set<string>()
    for (let step = index; replicas.size < copies; step++) replicas.add(at(step).owner)
    // Arcs before this one whose keepers are found only beyond it would get the new node, too.
    const between = new Set<string>()
    let before = 0n
    for (let step = index - 1; step > index - arcs.length; step--) {
      between.add(at(step).owner)
      if (between.size >= copies) break
      before += at(step).size
    }
    return { ...arc, replicas: [...replicas], alone: before < ringSize >> 24n }
  })
}
