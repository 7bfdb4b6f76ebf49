import type { Topic } from '../../../../../roles/kafka/placement/plan.ts'
import { copyShares, leaderShares, type Broker, type Share } from '../../../../../roles/kafka/placement/targets.ts'

/** All sets of `size` of these. */
function subsets(of: readonly number[], size: number): number[][] {
  if (size === 0) return [[]]
  return of.flatMap((first, index) => subsets(of.slice(index + 1), size - 1).map(rest => [first, ...rest]))
}

const within = (counts: ReadonlyMap<number, number>, shares: ReadonlyMap<number, Share>) =>
  [...shares].every(([id, { least, most }]) => (counts.get(id) ?? 0) >= least && (counts.get(id) ?? 0) <= most)

/** Can each partition be led by one of these, so that all brokers lead what their shares say? */
function canLead(places: readonly (readonly number[])[], shares: ReadonlyMap<number, Share>, counts = new Map<number, number>()): boolean {
  const [place, ...rest] = places
  if (!place) return within(counts, shares)
  return place.some(id => canLead(rest, shares, new Map([...counts, [id, (counts.get(id) ?? 0) + 1]])))
}

/** The fewest bytes that have to be copied for a placement within the shares, found by trying every placement. */
export function fewestCopies(brokers: readonly Broker[], { partitions, copies }: Topic): number {
  const [holds, leads] = [copyShares(brokers, partitions.length, copies), leaderShares(brokers, partitions.length)]
  const options = subsets(
    brokers.map(({ id }) => id),
    copies,
  )
  let best = Infinity
  const visit = (places: readonly (readonly number[])[], cost: number, counts: ReadonlyMap<number, number>): void => {
    if (cost >= best) return
    const partition = partitions[places.length]
    if (!partition) {
      if (within(counts, holds) && canLead(places, leads)) best = cost
      return
    }
    for (const option of options) {
      const more = new Map(counts)
      for (const id of option) more.set(id, (more.get(id) ?? 0) + 1)
      const added = option.filter(id => !partition.replicas.includes(id)).length * (partition.bytes ?? 1)
      if ([...holds].every(([id, { most }]) => (more.get(id) ?? 0) <= most)) visit([...places, option], cost + added, more)
    }
  }
  visit([], 0, new Map())
  return best
}
