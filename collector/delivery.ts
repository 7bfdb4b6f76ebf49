import type { Backend, Failure } from './backends/backend.ts'
import { backoff, pause } from './backoff.ts'
import type { TellDefect } from './guard.ts'
import type { QueuedReading, Reading } from './reading.ts'

/** The part of the queue a delivery needs. */
export interface Source {
  take(max: number): readonly QueuedReading[]
  acknowledge(last: QueuedReading): void
  /** Goes back to the first reading not acknowledged: those taken and not acknowledged are given again. */
  again(): void
}

/** Told what happens, for metrics and log. */
export interface DeliveryEvents<R extends Reading = QueuedReading> {
  connected(): void
  stored(readings: number, duplicates: number, seconds: number): void
  failed(failure: Failure, retryIn: number): void
  buried(reading: R, failure: Failure): void
}

/** What it takes to have readings stored by one backend. */
export interface Settling<R extends Reading> {
  readonly name: string
  readonly backend: Backend
  /** Keeps a reading that can never be stored. It has it when this resolves. */
  readonly deadLetters: (backend: string, reading: R, failure: Failure) => void | Promise<void>
  readonly events: DeliveryEvents<R>
}

export interface Delivery extends Settling<QueuedReading> {
  readonly source: Source
  /** Resolves when there may be more to take. */
  readonly more: (signal: AbortSignal) => Promise<void>
}

/** Thrown to leave a batch unfinished: its readings stay where they came from. */
export class Stopped extends Error {}

/**
 * Brings readings from the queue to one backend, in order, until `stop` aborts: a batch leaves the queue when every reading in it
 * is stored or in the dead-letter file. When `drain` aborts, it ends as soon as the queue is empty or the backend fails.
 */
export async function deliver(delivery: Delivery, drain: AbortSignal, stop: AbortSignal): Promise<void> {
  const { source, backend } = delivery
  const settle = settler(delivery)
  try {
    while (!stop.aborted) {
      const batch = source.take(backend.maxBatch)
      const last = batch.at(-1)
      if (last) {
        await settle(batch, drain, stop)
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

/**
 * Has batches stored by one backend, one at a time: resolves when every reading of a batch is stored, or is a dead letter. It tries for as
 * long as that takes. @throws {Stopped} where `drain` aborts while it fails, or `stop` does
 */
export type Settle<R extends Reading> = (batch: readonly R[], drain: AbortSignal, stop: AbortSignal) => Promise<void>

export function settler<R extends Reading>({ name, backend, deadLetters, events }: Settling<R>): Settle<R> {
  let connected = false
  let failures = 0

  async function attempt(batch: readonly R[]): Promise<void> {
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

  async function tryLater(failure: Failure, drain: AbortSignal): Promise<void> {
    const wait = backoff(failure.kind, failures++)
    events.failed(failure, wait)
    connected = false
    await backend.close()
    if (drain.aborted) throw new Stopped()
    await pause(wait, drain)
  }

  async function bury(reading: R, failure: Failure): Promise<void> {
    await deadLetters(name, reading, failure)
    events.buried(reading, failure)
  }

  return async function settle(batch, drain, stop): Promise<void> {
    while (!stop.aborted) {
      try {
        return await attempt(batch)
      } catch (error) {
        const failure = backend.classify(error)
        const [only] = batch
        if (failure.kind !== 'reading' || !only) {
          await tryLater(failure, drain)
        } else if (batch.length === 1) {
          return bury(only, failure)
        } else {
          // One of them is bad: halving finds it, and storing the good ones twice is harmless.
          const half = batch.length >> 1
          await settle(batch.slice(0, half), drain, stop)
          return settle(batch.slice(half), drain, stop)
        }
      }
    }
    throw new Stopped()
  }
}
