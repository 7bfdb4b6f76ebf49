import { describe, expect, test } from 'vitest'
import type { Backend, FailureKind } from '../../../collector/backends/backend.ts'
import { backoff } from '../../../collector/backoff.ts'
import { deliver } from '../../../collector/delivery.ts'
import type { Delivery } from '../../../collector/delivery.ts'
import type { QueuedReading, Reading } from '../../../collector/reading.ts'

const reading = (sequence: number): QueuedReading => ({ sequence, date: sequence * 1000, location: 'p', note: '', value: 20 })

class Refusal extends Error {
  readonly kind: FailureKind

  constructor(kind: FailureKind) {
    super(kind)
    this.kind = kind
  }
}

/** Delivers `count` readings to a store that may throw, and ends when they are gone. */
async function run(count: number, store: (batch: readonly Reading[]) => void, maxBatch = 4) {
  const waiting = Array.from({ length: count }, (_, i) => reading(i + 1))
  const stored: number[] = []
  const buried: number[] = []
  const failures: FailureKind[] = []
  const acknowledged: number[] = []
  let connects = 0
  const drain = new AbortController()
  const backend: Backend = {
    maxBatch,
    resolution: 1,
    connect: async () => void connects++,
    async store(batch) {
      store(batch)
      stored.push(...batch.map(({ date }) => date / 1000))
      return { duplicates: 0 }
    },
    classify: error => ({ kind: error instanceof Refusal ? error.kind : 'transient', code: 'X', message: 'x' }),
    close: async () => {},
  }
  const delivery: Delivery = {
    name: 'db',
    backend,
    source: { take: max => waiting.splice(0, max), acknowledge: ({ sequence }) => void acknowledged.push(sequence), again() {} },
    more: async () => drain.abort(),
    deadLetters: (_, { date }) => void buried.push(date / 1000),
    events: { connected() {}, stored() {}, failed: ({ kind }) => void failures.push(kind), buried() {} },
  }
  await deliver(delivery, drain.signal, new AbortController().signal)
  return { stored, buried, failures, acknowledged, connects }
}

describe('delivery', () => {
  test('sends batches in order and acknowledges each', async () => {
    expect(await run(10, () => {})).toEqual({
      stored: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      buried: [],
      failures: [],
      acknowledged: [4, 8, 10],
      connects: 1,
    })
  })

  test('sends the same batch again after a transient failure, on a new connection', async () => {
    let calls = 0
    const result = await run(4, () => {
      if (calls++ === 0) throw new Error('gone')
    })
    expect(result).toMatchObject({ stored: [1, 2, 3, 4], failures: ['transient'], acknowledged: [4], connects: 2 })
  })

  test('finds the bad readings in a batch, buries them, and stores the others', async () => {
    const result = await run(8, batch => {
      if (batch.some(({ date }) => date === 2000 || date === 7000)) throw new Refusal('reading')
    })
    expect(result).toMatchObject({ stored: [1, 3, 4, 5, 6, 8], buried: [2, 7], failures: [], acknowledged: [4, 8] })
  })

  test('ends at once while draining when the backend is away, and acknowledges nothing it has not stored', async () => {
    const drain = new AbortController()
    drain.abort()
    const acknowledged: number[] = []
    const backend: Backend = {
      maxBatch: 4,
      resolution: 1,
      connect: () => Promise.reject(new Error('away')),
      store: () => expect.unreachable('not connected'),
      classify: () => ({ kind: 'transient', code: 'X', message: 'x' }),
      close: async () => {},
    }
    await deliver(
      {
        name: 'db',
        backend,
        source: { take: () => [reading(1)], acknowledge: ({ sequence }) => void acknowledged.push(sequence), again() {} },
        more: async () => {},
        deadLetters() {},
        events: { connected() {}, stored() {}, failed() {}, buried() {} },
      },
      drain.signal,
      new AbortController().signal,
    )
    expect(acknowledged).toEqual([])
  })
})

describe('backoff', () => {
  test('grows to 15 s, with jitter of a half', () => {
    expect([0, 1, 2, 5, 6, 50].map(failures => backoff('transient', failures, () => 1))).toEqual([250, 500, 1000, 8000, 15_000, 15_000])
    expect(backoff('transient', 0, () => 0)).toBe(125)
  })

  test('is slower for a refusal', () => {
    expect([0, 1, 9].map(failures => backoff('refused', failures, () => 1))).toEqual([2000, 4000, 60_000])
  })
})
