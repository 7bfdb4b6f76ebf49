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
  const gap = rate === undefined ? 0 : (threads * 1000) / rate
  let connection: Promise<void> | undefined
  let stored = 0
  let duplicates = 0
  let next = 0

  const connect = (): Promise<void> => (connection ??= backend.connect())

  async function fail(error: unknown, used: Promise<void> | undefined): Promise<void> {
    const { kind, code, message, remedy } = backend.classify(error)
    if (kind !== 'transient') throw new Problem(message, remedy ?? 'correct location or note')
    errors[code] = (errors[code] ?? 0) + 1
    counters.failed(thread)
    recent?.failed(code)
    // Of all lanes the first closes the connection, the others find it replaced.
    if (used === connection) {
      connection = undefined
      await backend.close()
    }
    await sleep(reconnectPause)
  }

  async function store(reading: Reading, end: number): Promise<boolean> {
    while (!counters.stopped) {
      let used
      try {
        used = connect()
        await used
        duplicates += (await backend.store([reading])).duplicates
        return true
      } catch (error) {
        await fail(error, used)
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

  async function lane(end: number): Promise<void> {
    while (performance.now() < end && !counters.stopped) {
      const began = await turn()
      const left = performance.now()
      if (began >= end || !(await store({ location, date: clock.next(), value: temperature(), note }, end))) return
      const now = performance.now()
      const count = (toDue: typeof due, toSent: typeof sent): void => {
        record(toDue, now - began)
        record(toSent, now - left)
      }
      count(due, sent)
      recent?.stored(count)
      stored++
      counters.stored(thread)
    }
  }

  return {
    connect,
    async run() {
      const began = performance.now()
      // Threads take their turns one after the other, not all at once.
      next = began + (gap * thread) / threads
      await Promise.all(Array.from({ length: inflight }, () => lane(began + duration)))
      const seconds = (performance.now() - began) / 1000
      return { thread, stored, duplicates, seconds, errors, due: encoded(due), sent: encoded(sent) }
    },
    async close() {
      await backend.close()
    },
  }
}
