import type { Admin } from 'kafkajs'
import { pause } from '../backoff.ts'
import { clientOf, ended, type Source } from './connection.ts'

/** How far the group is in one partition. */
export interface PartitionLag {
  readonly partition: number
  /** The next record to be stored; undefined where the group has stored none yet. */
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

/** The next record to be stored, of partitions of which the group has stored any. */
export async function committedBy(admin: Admin, { topic, group }: Pick<Source, 'topic' | 'group'>): Promise<ReadonlyMap<number, bigint>> {
  const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  const all = (committed?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)] as const)
  return new Map(all.filter(([, offset]) => offset >= 0n))
}

/** Asks how far the group is in each partition. */
export async function askLag(admin: Admin, source: Pick<Source, 'topic' | 'group'>): Promise<readonly PartitionLag[]> {
  // What is committed is asked first: what comes meanwhile makes the lag larger, and never less than nothing.
  const next = await committedBy(admin, source)
  const ends = await admin.fetchTopicOffsets(source.topic)
  return ends
    .map(({ partition, low, high }) => ({ partition, committed: next.get(partition), low: BigInt(low), high: BigInt(high) }))
    .sort((one, other) => one.partition - other.partition)
}

export interface LagEvents {
  seen(lags: readonly PartitionLag[]): void
  failed(error: unknown): void
}

/** Looks at the lag, first now and then every so many milliseconds, until `stop` aborts. Never throws. */
export async function watchLag(source: Source, every: number, events: LagEvents, stop: AbortSignal): Promise<void> {
  let admin: Admin | undefined
  while (!stop.aborted) {
    try {
      if (!admin) {
        admin = (await clientOf(source)).admin()
        await admin.connect()
      }
      events.seen(await askLag(admin, source))
    } catch (error) {
      events.failed(error)
      if (admin) await ended(admin)
      admin = undefined
    }
    await pause(every, stop)
  }
  if (admin) await ended(admin)
}
