import { type PartitionMetadata, Partitioners } from 'kafkajs'
import type { Led } from './choose.ts'

/** A partition that a producer writes to counts more than all others together. */
const written = 1000

/**
 * The broker that leads most of the partitions that these places write to, of equals the one that leads most of all; after it those that
 * have copies of what it leads, the most first. Undefined where nobody leads any.
 * @param names of brokers, by their numbers
 */
export function ledBy(
  partitions: readonly PartitionMetadata[],
  places: readonly string[],
  names: ReadonlyMap<number, string>,
): Led | undefined {
  const choose = Partitioners.DefaultPartitioner()
  const of = (key: string): number => choose({ topic: '', partitionMetadata: [...partitions], message: { key, value: '' } })
  const busy = partitions.length > 0 ? places.map(of) : []
  const weight = ({ partitionId }: PartitionMetadata): number => 1 + written * busy.filter(each => each === partitionId).length
  const sum = (which: (partition: PartitionMetadata) => boolean): number =>
    partitions.filter(which).reduce((all, partition) => all + weight(partition), 0)
  const brokers = [...names].map(([id, name]) => ({ id, name, leads: sum(({ leader }) => leader === id) }))
  const [first] = brokers.toSorted((a, b) => b.leads - a.leads)
  if (!first || first.leads === 0) return undefined
  const followers = brokers
    .filter(({ id }) => id !== first.id)
    .map(({ id, name }) => ({ name, copies: sum(({ leader, replicas }) => leader === first.id && replicas.includes(id)) }))
    .toSorted((a, b) => b.copies - a.copies)
  return { leader: first.name, followers: followers.map(({ name }) => name) }
}
