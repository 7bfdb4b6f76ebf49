import { openBackend, type Kinds } from '../backends/kind.ts'
import { fineWallClock, readingClock } from '../clock.ts'
import { Problem } from '../problem.ts'
import type { Reading } from '../reading.ts'
import type { Counters } from './counters.ts'
import { encoded, latencyHistogram, record } from './latency.ts'
import type { LoadOptions } from './options.ts'
import type { Recent } from './second.ts'

export interface ThreadResult {
  readonly thread: number
  readonly stored: number
  readonly duplicates: number
  readonly seconds: number
  /** Failed attempts by code; their readings were sent again. */
  readonly errors: Readonly<Record<string, number>>
  /** Latencies from when readings were due, an HDR histogram as text. */
  readonly due: string
  /** The same from when they were sent: alike without a rate. */
  readonly sent: string
}

export interface LoadThread {
  connect(): Promise<void>
  /** Inserts until the time is over or the counters say stop. @throws {Problem} where the backend refuses */
  run(): Promise<ThreadResult>
  close(): Promise<void>
}

const reconnectPause = 500
const sleep = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds))

/** How many readings each lane has under way, so that all of them have `inflight`, none more than `most`. */
export const lanes = (inflight: number, most: number): readonly number[] =>
  Array.from({ length: Math.ceil(inflight / most) }, (_, lane) => Math.min(most, inflight - lane * most))

/**
 * One connection of the load tool, number `thread`, with its `inflight` lanes. `temperature` is asked for every reading's value; `recent`
 * hears of each reading too.
 */
export async function loadThread(
  options: LoadOptions,
  thread: number,
  counters: Counters,
  temperature: () => number,
  kinds: Kinds,
  recent?: Recent,
): Promise<LoadThread> {
  const { threads, inflight, duration, rate, location, note } = options
  const backend = await openBackend(kinds, options.backend, () => options.password)
  // Odd where dates are microseconds: an agent dates in whole milliseconds, and must not find its key taken.
  const grid = backend.resolution === 1 ? { step: 2, first: 1 } : { step: backend.resolution, first: 0 }
  const clock = readingClock({ step: threads * grid.step, offset: thread * grid.step + grid.first, now: fineWallClock })
  const due = latencyHistogram()
  const sent = latencyHistogram()
  const errors: Record<string, number> = {}
  // Without a rate many are asked for at the same moment; where they go together anyway, they are asked for as one.
  const together = rate === undefined ? (backend.together ?? 1) : 1
  const gap = rate === undefined ? 0 : (threads * 1000) / rate
  let connection: Promise<void> | undefined
  let stored = 0
  let duplicates = 0
  let next = 0

  const connect = (): Promise<void> => (connection ??= backend.connect())

  async function fail(error: unknown, used: Promise<void> | undefined, count: number): Promise<void> {
    const { kind, code, message, remedy } = backend.classify(error)
    if (kind !== 'transient') throw new Problem(message, remedy ?? 'correct location or note')
    errors[code] = (errors[code] ?? 0) + count
    counters.failed(thread, count)
    recent?.failed(code, count)
    // Of all lanes the first closes the connection, the others find it replaced.
    if (used === connection) {
      connection = undefined
      await backend.close()
    }
    await sleep(reconnectPause)
  }

  async function store(readings: readonly Reading[], end: number): Promise<boolean> {
    while (!counters.stopped) {
      let used
      try {
        used = connect()
        await used
        duplicates += (await backend.store(readings)).duplicates
        return true
      } catch (error) {
        await fail(error, used, readings.length)
        if (performance.now() >= end) return false
      }
    }
    return false
  }

  /** When the next insert is due. With a rate its latency counts from here, so that a slow backend does not hide its own queue. */
  async function turn(): Promise<number> {
    if (gap === 0) return performance.now()
    const mine = next
    next += gap
    if (mine > performance.now()) await sleep(mine - performance.now())
    return mine
  }

  const reading = (): Reading => ({ location, date: clock.next(), value: temperature(), note })

  /** Stores so many readings at a time, again and again. */
  async function lane(size: number, end: number): Promise<void> {
    while (performance.now() < end && !counters.stopped) {
      const began = await turn()
      const left = performance.now()
      if (began >= end || !(await store(Array.from({ length: size }, reading), end))) return
      const now = performance.now()
      const count = (toDue: typeof due, toSent: typeof sent): void => {
        record(toDue, now - began, size)
        record(toSent, now - left, size)
      }
      count(due, sent)
      recent?.stored(count)
      stored += size
      counters.stored(thread, size)
    }
  }

  return {
    connect,
    async run() {
      const began = performance.now()
      // Threads take their turns one after the other, not all at once.
      next = began + (gap * thread) / threads
      await Promise.all(lanes(inflight, together).map(size => lane(size, began + duration)))
      const seconds = (performance.now() - began) / 1000
      return { thread, stored, duplicates, seconds, errors, due: encoded(due), sent: encoded(sent) }
    },
    async close() {
      await backend.close()
    },
  }
}
