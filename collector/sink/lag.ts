import type { Admin } from 'kafkajs'
import { pause } from '../backoff.ts'
import type { Asking } from './asking.ts'
import type { Source } from './connection.ts'

/** How far the group is in one partition. */
export interface PartitionLag {
  readonly partition: number
  /** The next record to be stored; undefined where no sink of the group has had this partition yet. */
  readonly committed: bigint | undefined
  /** The first record that is there, and the one after the last. */
  readonly low: bigint
  readonly high: bigint
}

/** Records that wait for the group. */
export const lagOf = ({ committed, low, high }: PartitionLag): number => {
  const next = committed === undefined || committed < low ? low : committed
  return Number(high > next ? high - next : 0n)
}

/** Records that retention took before the group had stored them, as [from, to); undefined where none are gone. */
export function goneOf({ committed, low }: PartitionLag): readonly [bigint, bigint] | undefined {
  return committed !== undefined && committed < low ? [committed, low] : undefined
}

/** Asks how far the group is in each partition. */
export async function askLag(admin: Admin, source: Pick<Source, 'topic' | 'group'>): Promise<readonly PartitionLag[]> {
  // What is committed is asked first: what comes meanwhile makes the lag larger, and never less than nothing.
  const [committed] = await admin.fetchOffsets({ groupId: source.group, topics: [source.topic] })
  const all = (committed?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)] as const)
  const next = new Map(all.filter(([, offset]) => offset >= 0n))
  const ends = await admin.fetchTopicOffsets(source.topic)
  return ends
    .map(({ partition, low, high }) => ({ partition, committed: next.get(partition), low: BigInt(low), high: BigInt(high) }))
    .sort((one, other) => one.partition - other.partition)
}

/**
 * Where the group begins in these partitions: with the first record that is there. Once that is committed, what retention takes from then on
 * is told, though nothing was stored yet.
 */
export const beginningsOf = (lags: readonly PartitionLag[], partitions: readonly number[]): readonly PartitionLag[] =>
  lags.filter(({ partition, committed }) => committed === undefined && partitions.includes(partition))

export interface LagEvents {
  seen(lags: readonly PartitionLag[]): void
  failed(error: unknown): void
}

/** Looks at the lag, first now and then every so many milliseconds, until `stop` aborts. Never throws. */
export async function watchLag(brokers: Asking, source: Source, every: number, events: LagEvents, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      events.seen(await brokers.ask(admin => askLag(admin, source)))
    } catch (error) {
      events.failed(error)
    }
    await pause(every, stop)
  }
}
