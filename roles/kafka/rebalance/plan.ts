import { healthPrefix } from '../admin/words.ts'
import { planPlacement, type Move, type Topic } from '../placement/plan.ts'
import type { Member } from './port.ts'
import type { Place, Step } from './steps.ts'

/** A broker that takes part. */
export interface Taking {
  readonly name: string
  readonly id: number
  readonly weight: number
}

/** What is known before anything moves. */
export interface Situation {
  /** What each host says, by name, in the inventory's order. */
  readonly members: ReadonlyMap<string, Member>
  /** Brokers that stay, in that order. */
  readonly stay: readonly Taking[]
  /** Brokers that leave for good; `dead`: they do not answer. */
  readonly leave: readonly { readonly name: string; readonly id: number; readonly dead: boolean }[]
  /** Copies that the inventory asks for, by topic; of other topics each keeps what it has. */
  readonly wanted: ReadonlyMap<string, number>
}

/** One broker before and after. */
export interface BrokerChange {
  readonly node: string
  readonly id: number
  readonly weight: number | undefined
  /** Partitions it leads, of all topics. */
  readonly leads: readonly [now: number, planned: number]
  readonly holds: readonly [now: number, planned: number]
  /** Bytes on its card, of the topics. */
  readonly bytes: readonly [now: number, planned: number]
  /** Bytes it is sent. */
  readonly in: number
  readonly free: number | undefined
}

export interface RebalancePlan {
  readonly moves: readonly Move[]
  readonly steps: readonly Step[]
  readonly brokers: readonly BrokerChange[]
  /** Bytes copied over the network. */
  readonly copies: number
  /** Seconds it will take, about. */
  readonly seconds: number
}

export const noPlan: RebalancePlan = { moves: [], steps: [], brokers: [], copies: 0, seconds: 0 }

/** Bytes a second that a broker gives and takes for moves: between an SD card's and a Wi-Fi's, as Pis have them, with room for readings. */
export const moveRate = 5 * 2 ** 20

/** What is under way at once at most: bytes, but for a partition that is larger alone, and partitions. A Pi of 1 GiB on Wi-Fi must live with it. */
export const batchBounds = { bytes: 256 * 2 ** 20, partitions: 10 }

/** Seconds a batch takes beside its bytes. */
const batchSeconds = 5

/** The live cluster's topics, but for those by which a broker is known to work; with the bytes of each partition's largest copy. */
export function topicsOf({ members, stay, wanted }: Situation): readonly (Topic & { readonly internal: boolean; readonly had: number })[] {
  const [first] = members.values()
  const bytes = bytesByPartition(members)
  return (first?.topics ?? [])
    .filter(({ name, partitions }) => !name.startsWith(healthPrefix) && partitions.length > 0)
    .map(({ name, internal, partitions }) => {
      const had = Math.max(...partitions.map(({ replicas }) => replicas.length))
      return {
        name,
        internal,
        had,
        // Kafka's own topics have as many copies as there are brokers for them.
        copies: internal ? Math.min(had, stay.length) : (wanted.get(name) ?? had),
        partitions: partitions.map(({ index, replicas }) => ({ index, replicas, bytes: bytes.get(`${name}-${index}`) ?? 0 })),
      }
    })
}

function bytesByPartition(members: ReadonlyMap<string, Member>): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { held } of members.values())
    for (const { topic, partition, bytes } of held.partitions)
      found.set(`${topic}-${partition}`, Math.max(bytes, found.get(`${topic}-${partition}`) ?? 0))
  return found
}

/** How the cluster gets to its weights, every step of it. Pure. @throws {Failed} where a topic has more copies than brokers are left */
export function planRebalance(situation: Situation, bounds = batchBounds): RebalancePlan {
  const { members, stay, leave } = situation
  const topics = topicsOf(situation)
  const { moves } = planPlacement(stay, topics)
  const brokers = changesOf(situation, moves)
  const copies = moves.reduce((sum, { bytes }) => sum + bytes, 0)
  const [asker] = stay
  const [first] = members.values()
  const prefers = (first?.topics ?? []).some(
    ({ name, partitions }) => !name.startsWith(healthPrefix) && partitions.some(({ leader, replicas }) => leader !== replicas[0]),
  )
  if (!asker) return noPlan
  const node = asker.name
  const batches = batchesOf(moves, bounds)
  const slowed = [...new Set(moves.filter(({ copiedTo }) => copiedTo.length > 0).map(({ topic }) => topic))]
  const fewer = topics.filter(topic => topic.copies < topic.had)
  const throttled = slowed.length > 0 || first?.throttles.rate !== undefined || (first?.throttles.topics.length ?? 0) > 0
  const steps: Step[] = [
    ...(slowed.length ? [{ state: 'throttle', node, rate: moveRate, topics: slowed } as const] : []),
    ...fewer.map(topic => ({ state: 'minimum', node, topic: topic.name, inSync: Math.max(1, topic.copies - 1) }) as const),
    ...batches.map(batch => ({ state: 'move', node, ...batch }) as const),
    ...(throttled ? [{ state: 'unthrottle', node } as const] : []),
    ...(moves.length || prefers
      ? [{ state: 'prefer', node } as const, { state: 'verify', node, topics: topics.map(({ name }) => name) } as const]
      : []),
    ...leave.flatMap(({ name, id, dead }): Step[] => [
      ...(first?.quorum.voters.some(voter => voter.id === id) ? [{ state: 'quorum', node: name, id } as const] : []),
      { state: 'stop', node: name, id, dead },
      { state: 'unregister', node, id },
    ]),
  ]
  const busiest = Math.max(0, ...brokers.map(each => each.in), ...brokers.map(each => givenBy(each.id, moves)))
  return { moves, steps, brokers, copies, seconds: busiest / moveRate + batchSeconds * steps.length }
}

/** Bytes that a broker gives: copies come from the leader. */
function givenBy(id: number, moves: readonly Move[]): number {
  return moves.filter(({ from }) => from[0] === id).reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Moves in turns, none larger than the bounds but for one partition alone. Those that copy nothing go first: they cost nothing. */
export function batchesOf(
  moves: readonly Move[],
  bounds = batchBounds,
): readonly { readonly moves: readonly Place[]; readonly bytes: number }[] {
  const batches: { moves: Place[]; bytes: number }[] = []
  for (const { topic, partition, to, bytes } of [...moves].sort((a, b) => a.copiedTo.length - b.copiedTo.length)) {
    const last = batches.at(-1)
    const place = { topic, partition, to: [...to] }
    if (last && last.moves.length < bounds.partitions && last.bytes + bytes <= bounds.bytes) {
      last.moves.push(place)
      last.bytes += bytes
    } else batches.push({ moves: [place], bytes })
  }
  return batches
}

function changesOf(situation: Situation, moves: readonly Move[]): readonly BrokerChange[] {
  const topics = topicsOf(situation)
  const [first] = situation.members.values()
  const leader = new Map(
    (first?.topics ?? []).flatMap(({ name, partitions }) => partitions.map(each => [`${name}-${each.index}`, each.leader])),
  )
  const target = new Map(moves.map(({ topic, partition, to }) => [`${topic}-${partition}`, to]))
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ index, replicas, bytes = 0 }) => {
      const key = `${name}-${index}`
      return { bytes, replicas, leader: leader.get(key) ?? replicas[0], to: target.get(key) ?? replicas }
    }),
  )
  const sum = (of: typeof all) => of.reduce((total, { bytes }) => total + bytes, 0)
  const weights = new Map(situation.stay.map(({ id, weight }) => [id, weight]))
  return [...situation.stay, ...situation.leave].map(({ name, id }) => {
    const [now, then] = [all.filter(({ replicas }) => replicas.includes(id)), all.filter(({ to }) => to.includes(id))]
    return {
      node: name,
      id,
      weight: weights.get(id),
      leads: [all.filter(each => each.leader === id).length, all.filter(({ to }) => to[0] === id).length],
      holds: [now.length, then.length],
      bytes: [sum(now), sum(then)],
      in: sum(then.filter(each => !each.replicas.includes(id))),
      free: situation.members.get(name)?.held.usableBytes,
    }
  })
}
