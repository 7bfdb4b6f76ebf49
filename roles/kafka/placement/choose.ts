import { cheapestFlow, type Edge } from './flow.ts'
import type { Partition } from './partition.ts'
import type { Share } from './targets.ts'

/** More than all bytes of a fleet, and small enough that sums of it stay exact. */
const dear = 2 ** 46

/**
 * Which brokers hold each partition, so that each broker holds as many as its share says and the fewest bytes are copied. A flow: from each partition as many
 * units as it has copies, at most one to a broker; a unit costs the partition's bytes where that broker does not hold it yet.
 *
 * That leaders can then be chosen within their shares needs no thought here where no broker's weight asks for more than all partitions: each partition led
 * by each of its brokers by equal parts gives sums between the whole numbers around the exact shares, and so there are whole leaders with such sums.
 */
export function chooseCopies(
  partitions: readonly Partition[],
  copies: number,
  shares: ReadonlyMap<number, Share>,
): readonly (readonly number[])[] {
  const options = partitions.map(({ replicas, bytes = 1 }) =>
    [...shares.keys()].map(id => ({ id, cost: replicas.includes(id) ? 0 : Math.max(1, bytes) })),
  )
  return choose(options, copies, shares)
}

/** Which of its brokers leads each partition, so that each broker leads as many as its share says and the fewest leaders change. */
export function chooseLeaders(
  partitions: readonly Partition[],
  held: readonly (readonly number[])[],
  shares: ReadonlyMap<number, Share>,
): readonly (number | undefined)[] {
  const options = partitions.map(({ replicas }, index) => (held[index] ?? []).map(id => ({ id, cost: replicas[0] === id ? 0 : 1 })))
  return choose(options, 1, shares).map(([leader]) => leader)
}

/** For each row so many of its options, at the least cost; what an option gets in all is within its share, or as near to it as can be. */
function choose(
  rows: readonly (readonly { readonly id: number; readonly cost: number }[])[],
  units: number,
  shares: ReadonlyMap<number, Share>,
): readonly (readonly number[])[] {
  const ids = [...shares.keys()]
  const nodeOf = new Map(ids.map((id, index) => [id, 1 + rows.length + index]))
  const sink = 1 + rows.length + ids.length
  const choices = rows.flatMap((row, index) => row.map(({ id, cost }) => ({ index, id, cost })))
  const edges: Edge[] = [
    ...choices.map(({ index, id, cost }) => ({ from: 1 + index, to: nodeOf.get(id) as number, capacity: 1, cost })),
    ...rows.map((_row, index) => ({ from: 0, to: 1 + index, capacity: units, cost: 0 })),
    ...[...shares].flatMap(([id, { least, most }]) => {
      const from = nodeOf.get(id) as number
      return [
        { from, to: sink, capacity: least, cost: -dear },
        { from, to: sink, capacity: most - least, cost: 0 },
        { from, to: sink, capacity: rows.length, cost: dear },
      ]
    }),
  ]
  const flow = cheapestFlow(sink + 1, edges, 0, sink)
  const chosen: number[][] = rows.map(() => [])
  for (const [at, { index, id }] of choices.entries()) if (flow[at]) chosen[index]?.push(id)
  return chosen
}
