import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readingDates } from '../../../collector/dates.ts'
import type { ReadingDates } from '../../../collector/dates.ts'
import { readGiven, writeGiven } from '../../../collector/queue/boot.ts'
import { inspectQueue } from '../../../collector/queue/inspect.ts'
import { Queue } from '../../../collector/queue/queue.ts'
import type { QueueReader } from '../../../collector/queue/reader.ts'
import { readSlice } from '../../../collector/queue/segment.ts'
import type { QueuedReading } from '../../../collector/reading.ts'

const backends = ['a', 'b'] as const
type Name = (typeof backends)[number]

/** One backend: its rows by their key, what it must end with, and what it got in this run of the process. */
class Table {
  readonly rows = new Map<number, QueuedReading>()
  readonly promised = new Map<number, QueuedReading>()
  inFlight: readonly QueuedReading[] = []
  lastDate = 0
}

/** A queue beside what must be true of it. */
class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'queue-'))
  readonly tables: Record<Name, Table> = { a: new Table(), b: new Table() }
  readonly durable = new Set<number>()
  #durableBytes = new Map<string, number>()
  #boot = 1
  /** The wall clock: it goes on by a millisecond a reading, and comes up half a minute behind after a power cut. */
  #now = 1_700_000_000_000_000
  queue = this.#open()
  dates = this.#openDates()

  append(note: string): void {
    this.#now += 1000
    const date = this.dates.next()
    if (date === undefined) throw new Error('no date')
    const reading = this.queue.append({ location: 'p', date, value: 20.125, note })
    for (const name of backends) {
      expect(this.tables[name].promised.has(reading.date)).toBe(false)
      expect(this.tables[name].rows.has(reading.date)).toBe(false)
      this.tables[name].promised.set(reading.date, reading)
    }
  }

  take(name: Name, max: number): void {
    const table = this.tables[name]
    if (table.inFlight.length > 0) return
    const { cursor } = this.reader(name)
    table.inFlight = this.reader(name).take(max)
    for (const reading of table.inFlight) {
      expect(reading.sequence).toBeGreaterThan(cursor.sequence)
      expect(reading.date).toBeGreaterThan(table.lastDate)
      expect(table.promised.get(reading.date)).toEqual(reading)
      table.lastDate = reading.date
      table.rows.set(reading.date, reading)
    }
  }

  acknowledge(name: Name): void {
    const last = this.tables[name].inFlight.at(-1)
    if (last) this.reader(name).acknowledge(last)
    this.tables[name].inFlight = []
  }

  async sync(): Promise<void> {
    await this.queue.sync()
    for (const name of backends) for (const date of this.tables[name].promised.keys()) this.durable.add(date)
    this.#durableBytes = new Map(this.#segments().map(path => [path, statSync(path).size]))
  }

  kill(): void {
    this.queue.abandon()
    this.#reopen()
  }

  /** Takes a part of what was not synced from the newest file, leaves garbage in its place, and perhaps takes the cursors. */
  powerCut(share: number, garbage: Uint8Array, cursorsToo: boolean): void {
    this.queue.abandon()
    const newest = this.#segments().at(-1)
    if (newest !== undefined) {
      const { size } = statSync(newest)
      const kept = this.#durableBytes.get(newest) ?? 0
      truncateSync(newest, kept + Math.floor((size - kept) * share))
      appendFileSync(newest, garbage)
    }
    if (cursorsToo) for (const name of backends) rmSync(join(this.directory, `${name}.cursor`), { force: true })
    const onDisk = new Set(this.#segments().flatMap(path => readSlice(path, 0, Infinity).records.map(({ date }) => date)))
    for (const { promised, rows } of Object.values(this.tables)) {
      for (const date of promised.keys()) if (!this.durable.has(date) && !onDisk.has(date) && !rows.has(date)) promised.delete(date)
    }
    this.#boot++
    this.#now -= 30_000_000
    this.#reopen()
  }

  /** Delivers all that is left, and looks whether each table has what it was promised. */
  check(): void {
    this.#reopenCleanly()
    for (const name of backends) {
      do {
        this.take(name, 100)
        this.acknowledge(name)
      } while (this.reader(name).length > 0)
      expect(this.reader(name).take(1)).toEqual([])
      expect(this.tables[name].rows).toEqual(this.tables[name].promised)
    }
    expect(this.#segments().length).toBeLessThanOrEqual(1)
    this.queue.saveCursors()
    expect(inspectQueue(this.directory, backends).backends.map(({ length }) => length)).toEqual([0, 0])
  }

  destroy(): void {
    this.queue.abandon()
    rmSync(this.directory, { recursive: true, force: true })
  }

  reader(name: Name): QueueReader {
    const reader = this.queue.readers.get(name)
    if (!reader) throw new Error('no reader')
    return reader
  }

  #reopenCleanly(): void {
    this.queue.saveCursors()
    this.kill()
  }

  #reopen(): void {
    for (const table of Object.values(this.tables)) Object.assign(table, { lastDate: 0, inFlight: [] })
    this.queue = this.#open()
    this.dates = this.#openDates()
  }

  #openDates(): ReadingDates {
    const began = this.#now
    return readingDates({
      noted: readGiven(this.directory).given,
      lastDate: this.queue.lastDate,
      boot: String(this.#boot),
      note: given => writeGiven(this.directory, given),
      durable: () => true,
      synchronized: () => false,
      now: () => this.#now,
      elapsed: () => this.#now - began,
    })
  }

  #open(): Queue {
    return new Queue({
      directory: this.directory,
      backends,
      maxBytes: 64 * 1024 * 1024,
      segmentBytes: 4096,
      onDropped: (_, __, reason) => expect(reason).toBe('damaged'),
    })
  }

  #segments(): string[] {
    return readdirSync(this.directory)
      .filter(name => name.endsWith('.seg'))
      .map(name => join(this.directory, name))
      .sort()
  }
}

const name = fc.constantFrom(...backends)
const note = fc.oneof(fc.string({ maxLength: 20, unit: 'binary' }), fc.constant('x'.repeat(250)))

/** One thing that happens to a queue. */
const step: fc.Arbitrary<(world: World) => void | Promise<void>> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(note, fc.integer({ min: 1, max: 40 })).map(([text, times]) => (world: World) => {
      for (let i = 0; i < times; i++) world.append(text)
    }),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(name, fc.integer({ min: 1, max: 60 })).map(
      ([of, max]) =>
        (world: World) =>
          world.take(of, max),
    ),
  },
  { weight: 5, arbitrary: name.map(of => (world: World) => world.acknowledge(of)) },
  { weight: 2, arbitrary: fc.constant((world: World) => world.kill()) },
  { weight: 2, arbitrary: fc.constant((world: World) => world.sync()) },
  { weight: 2, arbitrary: fc.constant((world: World) => world.queue.saveCursors()) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ maxLength: 40 }), fc.boolean()).map(
      ([share, garbage, cursors]) =>
        (world: World) =>
          world.powerCut(share, garbage, cursors),
    ),
  },
)

test('whatever happens to the process and the power: nothing promised is lost, the order is kept, no key is given twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const world = new World()
      try {
        for (const happen of steps) await happen(world)
        world.check()
      } finally {
        world.destroy()
      }
    }),
    { numRuns: 400 },
  )
}, 120_000)

test('numbers that a power cut took from the disk, but not from the cursor, are not given again', () => {
  const world = new World()
  for (let i = 0; i < 10; i++) world.append('')
  world.take('a', 8)
  world.acknowledge('a')
  world.queue.saveCursors()
  world.powerCut(0.5, new Uint8Array(), false)
  expect(world.queue.nextSequence).toBe(9)
  world.append('')
  world.check()
  world.destroy()
})

test('power cuts in a row, each of which takes what was not synced: no date is given twice', async () => {
  const world = new World()
  try {
    world.append('')
    await world.sync()
    for (let cuts = 0; cuts < 3; cuts++) {
      for (let i = 0; i < 5; i++) world.append('')
      world.take('a', 100)
      world.acknowledge('a')
      world.powerCut(0, new Uint8Array(), true)
    }
    world.append('')
    world.check()
  } finally {
    world.destroy()
  }
})
