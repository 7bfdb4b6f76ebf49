import type { Backend, Failure } from './backends/backend.ts'
import { backoff, pause } from './backoff.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { TellDefect } from './guard.ts'
import type { QueuedReading } from './reading.ts'

/** The part of the queue a delivery needs. */
export interface Source {
  take(max: number): readonly QueuedReading[]
  acknowledge(last: QueuedReading): void
  /** Goes back to the first reading not acknowledged: those taken and not acknowledged are given again. */
  again(): void
}

/** Told what happens, for metrics and log. */
export interface DeliveryEvents {
  connected(): void
  stored(readings: number, duplicates: number, seconds: number): void
  failed(failure: Failure, retryIn: number): void
  buried(reading: QueuedReading, failure: Failure): void
}

export interface Delivery {
  readonly name: string
  readonly source: Source
  readonly backend: Backend
  /** Resolves when there may be more to take. */
  readonly more: (signal: AbortSignal) => Promise<void>
  readonly deadLetters: DeadLetters
  readonly events: DeliveryEvents
}

/** Thrown inside, to leave a batch unfinished: its readings stay in the queue. */
class Stopped extends Error {}

/**
 * Brings readings from the queue to one backend, in order, until `stop` aborts: a batch leaves the queue when every reading in it
 * is stored or in the dead-letter file. When `drain` aborts, it ends as soon as the queue is empty or the backend fails.
 */
export async function deliver(delivery: Delivery, drain: AbortSignal, stop: AbortSignal): Promise<void> {
  const { source, backend } = delivery
  const settle = settler(delivery, drain, stop)
  try {
    while (!stop.aborted) {
      const batch = source.take(backend.maxBatch)
      const last = batch.at(-1)
      if (last) {
        await settle(batch)
        source.acknowledge(last)
      } else if (drain.aborted) {
        return
      } else {
        await delivery.more(drain)
      }
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  } finally {
    await backend.close()
  }
}

/** `deliver`, begun anew after a pause when an error ends it that nobody expected: what was not acknowledged is still in the queue. */
export async function deliverAlways(delivery: Delivery, drain: AbortSignal, stop: AbortSignal, defect: TellDefect): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      return await deliver(delivery, drain, stop)
    } catch (error) {
      defect(`delivery to ${delivery.name}`, error)
      delivery.source.again()
    }
    if (drain.aborted || stop.aborted) return
    await pause(backoff('transient', failures), drain)
  }
}

function settler({ name, backend, deadLetters, events }: Delivery, drain: AbortSignal, stop: AbortSignal) {
  let connected = false
  let failures = 0

  async function attempt(batch: readonly QueuedReading[]): Promise<void> {
    if (!connected) {
      await backend.connect()
      connected = true
      events.connected()
    }
    const began = performance.now()
    const { duplicates } = await backend.store(batch)
    failures = 0
    events.stored(batch.length, duplicates, (performance.now() - began) / 1000)
  }

  async function tryLater(failure: Failure): Promise<void> {
    const wait = backoff(failure.kind, failures++)
    events.failed(failure, wait)
    connected = false
    await backend.close()
    if (drain.aborted) throw new Stopped()
    await pause(wait, drain)
  }

  function bury(reading: QueuedReading, failure: Failure): void {
    deadLetters(name, reading, failure)
    events.buried(reading, failure)
  }

  return async function settle(batch: readonly QueuedReading[]): Promise<void> {
    while (!stop.aborted) {
      try {
        return await attempt(batch)
      } catch (error) {
        const failure = backend.classify(error)
        const [only] = batch
        if (failure.kind !== 'reading' || !only) {
          await tryLater(failure)
        } else if (batch.length === 1) {
          return bury(only, failure)
        } else {
          // One of them is bad: halving finds it, and storing the good ones twice is harmless.
          const half = batch.length >> 1
          await settle(batch.slice(0, half))
          return settle(batch.slice(half))
        }
      }
    }
    throw new Stopped()
  }
}
