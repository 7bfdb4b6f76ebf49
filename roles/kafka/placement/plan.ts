import { Failed } from '../../../engine/errors.ts'
import { chooseCopies, chooseLeaders } from './choose.ts'
import type { Partition } from './partition.ts'
import { leaderShares, copyShares, type Broker, type Share } from './targets.ts'

export interface Topic {
  readonly name: string
  /** Copies of each partition that there are to be. */
  readonly copies: number
  readonly partitions: readonly Partition[]
}

/** A partition that changes its place, or only the order of its brokers. */
export interface Move {
  readonly topic: string
  readonly partition: number
  readonly from: readonly number[]
  readonly to: readonly number[]
  /** Brokers that did not hold it: each gets a copy over the network. */
  readonly copiedTo: readonly number[]
  /** Bytes of those copies. */
  readonly bytes: number
}

/** What a broker leads and holds once all moves are done, beside what its weight asks for. */
export interface Load {
  readonly id: number
  readonly leads: number
  readonly toLead: Share
  readonly holds: number
  readonly leaderBytes: number
  /** Leader bytes and those of the copies it follows. */
  readonly bytes: number
}

export interface PlacementPlan {
  readonly moves: readonly Move[]
  /** By topic, then in the order of the brokers. */
  readonly loads: ReadonlyMap<string, readonly Load[]>
}

/**
 * Where partitions belong by the brokers' weights, and what has to move for it. Pure. For each topic:
 * - each broker leads the whole number of partitions below or above its exact share, and holds such a number of copies; no partition is twice on a broker;
 * - of all placements of which that is true the one is taken for which the fewest bytes are copied, and with those copies the fewest leaders change;
 * - so a placement within the shares stays as it is, and a second plan after a first has no moves.
 * Brokers that are not in `brokers` are left empty.
 * @throws {Failed} where a topic has more copies than there are brokers
 */
export function planPlacement(brokers: readonly Broker[], topics: readonly Topic[]): PlacementPlan {
  const ordered = [...brokers].sort((a, b) => a.id - b.id)
  const moves: Move[] = []
  const loads = new Map<string, readonly Load[]>()
  for (const topic of topics) {
    if (topic.copies > ordered.length)
      throw new Failed({
        message: `${topic.name} has ${topic.copies} copies of each partition, and ${ordered.length === 1 ? '1 broker is' : `${ordered.length} brokers are`} left for them`,
        hint: 'no broker holds two copies of a partition: lower replication first, or keep more brokers',
      })
    const places = placesOf(ordered, topic)
    moves.push(...topic.partitions.flatMap((partition, index) => moveOf(topic.name, partition, places[index] ?? [])))
    loads.set(topic.name, loadsOf(ordered, topic, places))
  }
  return { moves, loads }
}

/** Brokers of each partition, its leader first; those that stay keep their order. */
function placesOf(brokers: readonly Broker[], { partitions, copies }: Topic): readonly (readonly number[])[] {
  const held = chooseCopies(partitions, copies, copyShares(brokers, partitions.length, copies))
  const leaders = chooseLeaders(partitions, held, leaderShares(brokers, partitions.length))
  return partitions.map(({ replicas }, index) => {
    const [leader, on] = [leaders[index], held[index] ?? []]
    const stays = replicas.filter(id => on.includes(id))
    const all = [...stays, ...on.filter(id => !stays.includes(id))]
    return leader === undefined ? all : [leader, ...all.filter(id => id !== leader)]
  })
}

function moveOf(topic: string, { index, replicas, bytes = 1 }: Partition, to: readonly number[]): Move[] {
  if (to.length === replicas.length && to.every((id, at) => replicas[at] === id)) return []
  const copiedTo = to.filter(id => !replicas.includes(id))
  return [{ topic, partition: index, from: replicas, to, copiedTo, bytes: copiedTo.length * bytes }]
}

function loadsOf(brokers: readonly Broker[], { partitions }: Topic, places: readonly (readonly number[])[]): readonly Load[] {
  const toLead = leaderShares(brokers, partitions.length)
  const bytesOf = (indexes: readonly number[]) => indexes.reduce((sum, index) => sum + (partitions[index]?.bytes ?? 1), 0)
  return brokers.map(({ id }) => {
    const holds = [...places.keys()].filter(index => places[index]?.includes(id))
    const leads = holds.filter(index => places[index]?.[0] === id)
    const share = toLead.get(id) ?? { exact: 0, least: 0, most: 0 }
    return { id, leads: leads.length, toLead: share, holds: holds.length, leaderBytes: bytesOf(leads), bytes: bytesOf(holds) }
  })
}
