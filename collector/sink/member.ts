import type { EachBatchPayload } from 'kafkajs'
import { answerOf, causes } from '../backends/kafka/errors.ts'
import { Stopped } from '../delivery.ts'
import type { Asking } from './asking.ts'
import { clientOf, ended, type Source } from './connection.ts'
import { askLag, beginningsOf } from './lag.ts'
import type { SourceMessage, SourceRecord } from './records.ts'

/** What a member of the group is told, and asks. */
export interface Membership {
  /** Resolves when all these records are stored or dead letters. @throws {Stopped} where `ends` aborts before */
  take(records: readonly SourceRecord[], ends: AbortSignal): Promise<void>
  /** Most records taken at a time. */
  readonly most: number
  /** It is in the group, and has these partitions. */
  joined(partitions: readonly number[]): void
  /** Others come or go: for a moment it has none. */
  left(): void
  /** Records of a partition are missing, from the one that should have come until the one that came. */
  gap(partition: number, from: bigint, to: bigint): void
}

/** After these the group is shared out anew: what was fetched before belongs to nobody. */
const rejoins = new Set(['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

/** A member that has not been heard by the group for this many sessions is begun anew. */
const patience = 12

/**
 * A member of the group, until `ends` aborts: it then finishes what it has begun, commits and leaves. An offset is committed when all records
 * before it are stored. A rebalance, or a death in between, makes others take records again. @throws what ended it
 */
export async function beMember(source: Source, brokers: Asking, membership: Membership, ends: AbortSignal): Promise<void> {
  const { topic, group, session, fetch } = source
  const client = await clientOf(source)
  const consumer = client.consumer({
    groupId: group,
    sessionTimeout: session,
    heartbeatInterval: Math.floor(session / 4),
    rebalanceTimeout: Math.max(30_000, session),
    maxBytesPerPartition: fetch,
    maxBytes: 4 * fetch,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    // What ends it is told, and it is begun anew by who asked for it.
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2000, restartOnFailure: () => Promise.resolve(false) },
  })
  /** The next offset of partitions it has, as far as it has come itself. */
  const next = new Map<number, bigint>()
  /** How far the group was when it joined: what retention took since is missed by nobody else. */
  let before: Promise<ReadonlyMap<number, bigint>> = Promise.resolve(next)
  let heard = performance.now()
  /** It is out of the group until it has joined again. */
  let out = false
  let joins = 0

  /** How far the group is. In partitions of which it has nothing yet it begins now, with the first record that is there. */
  async function begin(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const mine = ++joins
    const lags = await brokers.ask(admin => askLag(admin, source))
    const beginnings = beginningsOf(lags, partitions)
    if (beginnings.length > 0 && mine === joins)
      await consumer.commitOffsets(beginnings.map(({ partition, low }) => ({ topic, partition, offset: String(low) })))
    return new Map(lags.map(({ partition, committed, low }) => [partition, committed ?? low]))
  }

  const { CRASH, GROUP_JOIN, HEARTBEAT, REBALANCING } = consumer.events
  consumer.on(HEARTBEAT, () => void (heard = performance.now()))
  consumer.on(REBALANCING, () => membership.left())
  consumer.on(GROUP_JOIN, ({ payload }) => {
    heard = performance.now()
    out = false
    next.clear()
    const partitions = payload.memberAssignment[topic] ?? []
    before = begin(partitions)
    before.catch(() => {})
    membership.joined(partitions)
  })
  let watch: NodeJS.Timeout | undefined
  let stopped: () => void = () => {}
  const crashed = new Promise<void>((resolve, reject) => {
    stopped = resolve
    consumer.on(CRASH, ({ payload: { error } }) => reject(error))
    watch = setInterval(() => {
      if (performance.now() - heard > patience * session)
        reject(Object.assign(new Error('the group has not been heard of for long'), { code: 'ETIMEDOUT' }))
    }, session)
  })
  crashed.catch(() => {})
  /** Aborts when this member is over, for whatever reason. */
  const leaving = new AbortController()
  const leave = (): void => {
    stopped()
    leaving.abort()
  }
  ends.addEventListener('abort', leave)
  if (ends.aborted) leave()

  function fell(error: unknown): void {
    out ||= causes(error).some(each => rejoins.has(answerOf(each) ?? ''))
  }

  async function eachBatch({ batch, resolveOffset, commitOffsetsIfNecessary, heartbeat }: EachBatchPayload): Promise<void> {
    if (out || leaving.signal.aborted) return
    const { partition } = batch
    const [first] = batch.messages
    const due = next.get(partition) ?? (await before).get(partition)
    if (first && due !== undefined && BigInt(first.offset) !== due) membership.gap(partition, due, BigInt(first.offset))
    const over = new AbortController()
    const end = (): void => over.abort()
    let lost: unknown
    /** The commit under way: the next records are stored meanwhile. */
    let committed: Promise<void> = Promise.resolve()
    leaving.signal.addEventListener('abort', end)
    // The group hears of it also while the store is away.
    const beat = setInterval(
      () =>
        void heartbeat().catch((error: unknown) => {
          fell(error)
          lost ??= error
          end()
        }),
      Math.floor(session / 8),
    )
    try {
      for (let from = 0; from < batch.messages.length && !over.signal.aborted; from += membership.most) {
        const messages = batch.messages.slice(from, from + membership.most)
        await membership.take(
          messages.map(message => recordOf(partition, message)),
          over.signal,
        )
        const last = messages.at(-1)?.offset ?? ''
        const offset = BigInt(last) + 1n
        resolveOffset(last)
        next.set(partition, offset)
        await committed
        committed = commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }] })
        committed.catch(() => {})
      }
      await committed
    } catch (error) {
      if (!(error instanceof Stopped)) {
        fell(error)
        throw error
      }
    } finally {
      // What it could not commit comes again.
      await committed.catch(fell)
      clearInterval(beat)
      leaving.signal.removeEventListener('abort', end)
    }
    if (lost !== undefined) throw lost
  }

  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    // One partition at a time: what comes meanwhile makes its next batch larger.
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 1, eachBatch })
    await crashed
  } finally {
    clearInterval(watch)
    ends.removeEventListener('abort', leave)
    leave()
    await ended(consumer, ends.aborted ? 7000 : 1000)
    membership.left()
  }
}

const recordOf = (partition: number, { offset, key, value }: SourceMessage): SourceRecord => ({ partition, offset, key, value })
