import { planJoin } from './join.ts'
import { layout } from './layout.ts'
import { ownership } from './ownership.ts'
import { fraction, percent, type Ring, type Weights } from './ring.ts'
import { targetsOf } from './targets.ts'

/** One node's turn. A rejoin is: decommission, stop, wipe, start with these tokens. */
export interface FleetStep {
  readonly action: 'remove' | 'join' | 'rejoin'
  readonly node: string
  /** Tokens it joins with; none where it leaves for good. */
  readonly initialTokens: readonly bigint[]
  /** Shares of the data streamed away from it before, and to it after. */
  readonly streamsOut: number
  readonly streamsIn: number
}

/** How a fleet gets from a ring to its weights. */
export interface FleetPlan {
  /** In this order, one at a time. */
  readonly steps: readonly FleetStep[]
  readonly ring: Ring
  /** What each node holds at the end, and what its weight asks for, by name. */
  readonly owns: ReadonlyMap<string, number>
  readonly wanted: ReadonlyMap<string, number>
  /** Largest distance from what is wanted, as a part of what is wanted. */
  readonly error: number
  readonly because: readonly string[]
}

interface State {
  readonly ring: Ring
  readonly steps: readonly FleetStep[]
}

const good = 0.01
/** Pairs of moves are tried one by one up to here; beyond, the best single move is taken each time. */
const pairsUpTo = 12

/**
 * The moves that end in every node holding its share, fewest first and least data next.
 *
 * Nodes that stay can only give; a node that rejoins takes exactly its share out of what others hold too much of. So what
 * is left wrong are nodes that hold too little: each rejoins, or gets its part from a neighbour that leaves.
 * `only`: no other nodes may move; then the weights may not be reached, and `error` tells by how much.
 */
export function planFleet(
  ring: Ring,
  weights: Weights,
  options: { readonly factor?: number; readonly only?: readonly string[] } = {},
): FleetPlan {
  const { factor = 1, only } = options
  const { parts, capped } = targetsOf(weights, factor)
  const wanted = new Map([...parts].map(([name, part]) => [name, fraction(part)]))
  const errorOf = (state: State) => worst(ownership(state.ring, factor), wanted)
  const notes = capped.map(name => `${name} cannot hold more than everything: 100 %, whatever more its weight asks for`)

  let state: State = { ring, steps: [] }
  const gone = ring.filter(({ name }) => weights[name] === undefined).map(({ name }) => name)
  for (const name of gone) state = leave(state, name, factor)
  const news = Object.keys(weights).filter(name => !ring.some(other => other.name === name))
  const staying = ring.length - gone.length
  // Nobody holds anything yet: all places are free, so all are laid out at once.
  if (staying === 0) return finish(relay(state, weights, factor, news))
  for (const name of [...news].sort((a, b) => (weights[b] as number) - (weights[a] as number)))
    state = enter(state, name, weights, factor, 'join')

  const movable = state.ring.map(({ name }) => name).filter(name => !only || only.includes(name))
  for (let round = 0; errorOf(state) > good && round < movable.length; round++) {
    const singles = movable.map(name => move(state, name, weights, factor))
    const done = cheapest(singles.filter(next => errorOf(next) <= good))
    if (done) {
      state = done
      break
    }
    // With more copies a move changes many at once: one layout for all is sure, a walk there is not.
    if (factor > 1 && !only) break
    if (movable.length <= pairsUpTo) {
      const pair = cheapest(
        singles
          .flatMap((next, index) => movable.filter(name => name !== movable[index]).map(name => move(next, name, weights, factor)))
          .filter(next => errorOf(next) <= good),
      )
      if (pair) {
        state = pair
        break
      }
    }
    const next = singles.reduce((best, other) => (better(other, best) ? other : best))
    // Nobody else may move: a move that brings it no nearer is not worth its data.
    if (only && errorOf(next) >= errorOf(state)) break
    state = next
  }
  if (errorOf(state) <= good || only) return finish(state)
  let start: State = { ring, steps: [] }
  for (const name of gone) start = leave(start, name, factor)
  return finish(relay(start, weights, factor, Object.keys(weights)))

  function better(next: State, best: State): boolean {
    const [a, b] = [lacking(next), lacking(best)]
    return a !== b ? a < b : cost(next) < cost(best)
  }
  function lacking(at: State): number {
    const owns = ownership(at.ring, factor)
    return [...wanted].filter(([name, share]) => (owns.get(name) ?? 0) < share * (1 - good / 2)).length
  }
  function finish(end: State): FleetPlan {
    const moves = end.steps.filter(step => step.action === 'rejoin').map(step => step.node)
    const because = [
      ...notes,
      moves.length
        ? `${moves.join(', ')} must leave and rejoin: what stays can only give, and these are the fewest that were found`
        : 'no node must move that is in its place',
      ...[...wanted].map(([name, share]) => `${name}: ${percent(ownership(ring, factor).get(name) ?? 0)} → ${percent(share)}`),
    ]
    return { steps: end.steps, ring: end.ring, owns: ownership(end.ring, factor), wanted, error: errorOf(end), because }
  }
}

const cost = (state: State) => state.steps.reduce((sum, step) => sum + step.streamsIn + step.streamsOut, 0)

function cheapest(states: readonly State[]): State | undefined {
  const [head, ...rest] = states
  return head && rest.reduce((best, next) => (cost(next) < cost(best) ? next : best), head)
}

function worst(owns: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>): number {
  return Math.max(0, ...[...wanted].map(([name, share]) => Math.abs((owns.get(name) ?? 0) - share) / share))
}

function leave({ ring, steps }: State, name: string, factor: number): State {
  const streamsOut = ownership(ring, factor).get(name) ?? 0
  return {
    ring: ring.filter(other => other.name !== name),
    steps: [...steps, { action: 'remove', node: name, initialTokens: [], streamsOut, streamsIn: 0 }],
  }
}

function enter({ ring, steps }: State, name: string, weights: Weights, factor: number, action: 'join' | 'rejoin', streamsOut = 0): State {
  const { initialTokens } = planJoin(ring, name, weights, { factor })
  const next = [...ring, { name, tokens: initialTokens }]
  return {
    ring: next,
    steps: [...steps, { action, node: name, initialTokens, streamsOut, streamsIn: ownership(next, factor).get(name) ?? 0 }],
  }
}

function move({ ring, steps }: State, name: string, weights: Weights, factor: number): State {
  const streamsOut = ownership(ring, factor).get(name) ?? 0
  return enter({ ring: ring.filter(other => other.name !== name), steps }, name, weights, factor, 'rejoin', streamsOut)
}

/** Every node named takes its place in one layout of the whole fleet. */
function relay(state: State, weights: Weights, factor: number, names: readonly string[]): State {
  const held = new Set(state.ring.flatMap(({ tokens }) => tokens))
  const places = layout(weights, factor)
  // The same pattern a little further on, where a node of today sits on one of its tokens.
  let shift = 0n
  while (places.some(({ tokens }) => tokens.some(token => held.has(BigInt.asIntN(64, token - shift))))) shift += 1_000_003n
  let { ring, steps } = state
  for (const name of [...names].sort((a, b) => (weights[a] as number) - (weights[b] as number))) {
    const tokens = (places.find(place => place.name === name)?.tokens ?? [])
      .map(token => BigInt.asIntN(64, token - shift))
      .sort((a, b) => (a < b ? -1 : 1))
    const inside = ring.some(other => other.name === name)
    const streamsOut = inside ? (ownership(ring, factor).get(name) ?? 0) : 0
    ring = [...ring.filter(other => other.name !== name), { name, tokens }]
    steps = [
      ...steps,
      {
        action: inside ? 'rejoin' : 'join',
        node: name,
        initialTokens: tokens,
        streamsOut,
        streamsIn: ownership(ring, factor).get(name) ?? 0,
      },
    ]
  }
  return { ring, steps }
}
