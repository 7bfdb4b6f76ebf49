/** An edge of a network: so many units may go from one node to another, at a cost each. */
export interface Edge {
  readonly from: number
  readonly to: number
  readonly capacity: number
  readonly cost: number
}

interface Arc {
  readonly to: number
  readonly cost: number
  room: number
  /** The arc that takes it back. */
  readonly back: number
}

/**
 * The cheapest among the largest flows from `source` to `sink`: units on each edge, in the order of `edges`. Successive shortest paths; costs may be
 * negative where the network has no cycle of negative cost. Whole capacities give whole units.
 */
export function cheapestFlow(nodes: number, edges: readonly Edge[], source: number, sink: number): readonly number[] {
  const arcs: Arc[] = []
  const out: number[][] = Array.from({ length: nodes }, () => [])
  for (const { from, to, capacity, cost } of edges) {
    out[from]?.push(arcs.length)
    arcs.push({ to, cost, room: capacity, back: arcs.length + 1 })
    out[to]?.push(arcs.length)
    arcs.push({ to: from, cost: -cost, room: 0, back: arcs.length - 1 })
  }
  for (;;) {
    const path = shortestPath(nodes, arcs, out, source, sink)
    if (!path) break
    const units = Math.min(...path.map(arc => arc.room))
    for (const arc of path) {
      arc.room -= units
      const back = arcs[arc.back]
      if (back) back.room += units
    }
  }
  return edges.map(({ capacity }, index) => capacity - (arcs[2 * index]?.room ?? 0))
}

/** The cheapest path with room in it (Bellman and Ford, by a queue); undefined where there is none. */
function shortestPath(
  nodes: number,
  arcs: readonly Arc[],
  out: readonly (readonly number[])[],
  source: number,
  sink: number,
): Arc[] | undefined {
  const cost = new Array<number>(nodes).fill(Infinity)
  const by = new Array<number>(nodes).fill(-1)
  const waits = new Array<boolean>(nodes).fill(false)
  cost[source] = 0
  const queue = [source]
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at] as number
    waits[node] = false
    for (const index of out[node] ?? []) {
      const arc = arcs[index] as Arc
      const through = (cost[node] as number) + arc.cost
      if (arc.room <= 0 || through >= (cost[arc.to] as number)) continue
      cost[arc.to] = through
      by[arc.to] = index
      if (!waits[arc.to]) queue.push(arc.to)
      waits[arc.to] = true
    }
  }
  if (cost[sink] === Infinity) return undefined
  const path: Arc[] = []
  for (let node = sink; node !== source; ) {
    const arc = arcs[by[node] as number] as Arc
    path.push(arc)
    node = (arcs[arc.back] as Arc).to
  }
  return path
}
