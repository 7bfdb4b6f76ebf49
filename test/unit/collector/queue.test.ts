import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Queue } from '../../../collector/queue/queue.ts'
import type { QueueOptions } from '../../../collector/queue/queue.ts'
import { lockQueue } from '../../../collector/queue/lock.ts'
import { segmentPath } from '../../../collector/queue/segment.ts'
import { decodeRecord, encodeRecord } from '../../../collector/queue/record.ts'

let directory: string
const opened: Queue[] = []

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'queue-')), 'queue')
})
afterEach(() => {
  for (const queue of opened.splice(0)) queue.abandon()
  rmSync(join(directory, '..'), { recursive: true, force: true })
})

function open(options: Partial<QueueOptions> = {}): Queue {
  const queue = new Queue({ directory, backends: ['db'], ...options })
  opened.push(queue)
  return queue
}

function fill(queue: Queue, count: number): void {
  for (let i = 0; i < count; i++) queue.append({ location: 'p', date: queue.lastDate + 1000, value: 20, note: '' })
}

const db = (queue: Queue) => queue.readers.get('db')!
const numbers = (queue: Queue, max = 1e6): number[] =>
  db(queue)
    .take(max)
    .map(({ sequence }) => sequence)

test('a record is a line with a checksum; any change of it is seen', () => {
  const reading = { sequence: 7, date: 1_700_000_000_123_456, value: -3.25, location: 'Küche', note: 'a\n"b"' }
  const line = encodeRecord(reading)
  expect(line).toBe(`${line.slice(0, 8)} [7,1700000000123456,-3.25,"Küche","a\\n\\"b\\""]\n`)
  expect(decodeRecord(line.slice(0, -1))).toEqual(reading)
  expect(decodeRecord(line.slice(0, -2))).toBeUndefined()
  expect(decodeRecord(line.slice(0, -1).replace('-3.25', '-3.26'))).toBeUndefined()
  expect(decodeRecord('00000000 ')).toBeUndefined()
})

test('a full queue drops the oldest, tells how many, and stays within its bytes', () => {
  let dropped = 0
  const queue = open({ maxBytes: 65_536, onDropped: (_, readings) => (dropped += readings) })
  fill(queue, 5000)
  expect(queue.bytes).toBeLessThanOrEqual(65_536)
  const left = numbers(queue)
  expect(dropped).toBeGreaterThan(0)
  expect(left).toEqual(Array.from({ length: 5000 - dropped }, (_, i) => dropped + 1 + i))
})

test('a bound in readings holds as well', () => {
  const queue = open({ maxReadings: 80, onDropped: () => {} })
  fill(queue, 1000)
  expect(db(queue).length).toBeLessThanOrEqual(80)
  expect(db(queue).length).toBeGreaterThan(60)
})

test('a batch in flight is not counted as dropped', () => {
  let dropped = 0
  const queue = open({ maxReadings: 80, onDropped: (_, readings) => (dropped += readings) })
  fill(queue, 50)
  const batch = db(queue).take(50)
  fill(queue, 450)
  db(queue).acknowledge(batch.at(-1)!)
  expect(batch.length + dropped + numbers(queue).length).toBe(500)
})

test('while the disk takes nothing readings wait in memory, in order, and are written when it does', async () => {
  const queue = open({ segmentBytes: 4096 })
  fill(queue, 10)
  // Directories where the next segments' files would be: the disk that refuses, also for root.
  const blocks = Array.from({ length: 400 }, (_, i) => segmentPath(directory, i + 11))
  for (const path of blocks) mkdirSync(path)
  fill(queue, 300)
  expect(queue.diskError).toMatchObject({ code: 'EISDIR' })
  expect(numbers(queue, 250)).toEqual(Array.from({ length: 250 }, (_, i) => i + 1))
  for (const path of blocks) rmdirSync(path)
  fill(queue, 1)
  expect(queue.diskError).toBeUndefined()
  expect(numbers(queue)).toEqual(Array.from({ length: 61 }, (_, i) => 251 + i))
  await queue.close()
  expect(numbers(open())).toEqual(Array.from({ length: 311 }, (_, i) => i + 1))
})

test('a damaged line is skipped and told, the lines around it are delivered', async () => {
  const queue = open()
  fill(queue, 5)
  await queue.close()
  const [segment] = readdirSync(directory).filter(name => name.endsWith('.seg'))
  const path = join(directory, segment!)
  writeFileSync(path, readFileSync(path, 'utf8').replace('[3,', '[9,'))
  const told: unknown[] = []
  const again = open({ onDamaged: lines => told.push(lines), onDropped: (...lost) => told.push(lost) })
  expect(numbers(again)).toEqual([1, 2, 4, 5])
  expect(told).toEqual([1, ['db', 1, 'damaged']])
})

test('a segment that cannot be read holds what follows, for a minute; then it is given up and counted', async () => {
  const queue = open({ segmentBytes: 4096 })
  fill(queue, 400)
  await queue.close()
  const names = readdirSync(directory)
    .filter(name => name.endsWith('.seg'))
    .sort()
  const second = Number(names[1]?.slice(0, -4))
  const third = Number(names[2]?.slice(0, -4))
  const path = segmentPath(directory, second)
  // A directory where the file was: no more to be read than a bad block, also for root.
  renameSync(path, `${path}.away`)
  mkdirSync(path)
  const lost: unknown[] = []
  const again = open({ segmentBytes: 4096, onDropped: (...drop) => lost.push(drop) })
  expect(again.nextSequence).toBe(401)
  expect(numbers(again)).toEqual(Array.from({ length: second - 1 }, (_, i) => i + 1))
  expect(numbers(again)).toEqual([])
  expect(again.diskError).toMatchObject({ code: 'EISDIR' })
  rmdirSync(path)
  renameSync(`${path}.away`, path)
  expect(numbers(again, third - second)).toEqual(Array.from({ length: third - second }, (_, i) => second + i))
  expect(again.diskError).toBeUndefined()

  db(again).acknowledge({ sequence: second - 1, date: 0, location: 'p', value: 0, note: '' })
  db(again).again()
  rmSync(path)
  mkdirSync(path)
  expect(numbers(again)).toEqual([])
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_001)
  expect(numbers(again)).toEqual(Array.from({ length: 401 - third }, (_, i) => third + i))
  expect(lost).toEqual([['db', third - second, 'damaged']])
  vi.restoreAllMocks()
  rmdirSync(path)
})

test('readings that were taken and not acknowledged are given again', () => {
  const queue = open()
  fill(queue, 5)
  expect(numbers(queue)).toEqual([1, 2, 3, 4, 5])
  db(queue).acknowledge({ sequence: 2, date: 2000, location: 'p', value: 20, note: '' })
  db(queue).again()
  expect(numbers(queue)).toEqual([3, 4, 5])
})

test('a long stretch without a newline does not stop the reader', async () => {
  const queue = open()
  fill(queue, 2)
  await queue.close()
  const [segment] = readdirSync(directory).filter(name => name.endsWith('.seg'))
  appendFileSync(join(directory, segment!), Buffer.alloc(200_000))
  const again = open()
  fill(again, 1)
  expect(numbers(again)).toEqual([1, 2, 3])
})

test('dates and numbers go on when everything was delivered and the queue was opened again', async () => {
  const queue = open({ segmentBytes: 4096 })
  fill(queue, 200)
  const { lastDate } = queue
  db(queue).acknowledge(db(queue).take(1000).at(-1)!)
  await queue.close()
  const again = open()
  expect(again.lastDate).toBe(lastDate)
  expect(again.nextSequence).toBe(201)
  expect(db(again).length).toBe(0)
})

test('a backend that is configured no more does not hold the queue; a new one gets what is there', async () => {
  const queue = open({ backends: ['db', 'old'], segmentBytes: 4096 })
  fill(queue, 300)
  db(queue).acknowledge(db(queue).take(1000).at(-1)!)
  await queue.close()
  const again = open({ backends: ['db', 'new'], segmentBytes: 4096 })
  expect(existsSync(join(directory, 'old.cursor'))).toBe(false)
  expect(again.readers.get('new')!.length).toBe(300)
  expect(db(again).length).toBe(0)
})

test('the oldest date is known before, while and after a batch is in flight', () => {
  const queue = open()
  expect(db(queue).oldestDate).toBeUndefined()
  fill(queue, 3)
  const first = 1000
  expect(db(queue).oldestDate).toBe(first)
  const batch = db(queue).take(2)
  expect(db(queue).oldestDate).toBe(first)
  db(queue).acknowledge(batch.at(-1)!)
  expect(db(queue).oldestDate).toBe(3000)
  expect(db(queue).length).toBe(1)
})

test('appended() wakes who waits, and ends with its signal', async () => {
  const queue = open()
  const control = new AbortController()
  const waiting = queue.appended(control.signal)
  fill(queue, 1)
  await waiting
  const aborted = queue.appended(control.signal)
  control.abort()
  await aborted
})

test('one process a queue: a living owner is named, a dead one is replaced', () => {
  const unlock = lockQueue(directory)
  expect(() => lockQueue(directory)).not.toThrow()
  unlock()
  // The parent lives, and its start time is what /proc says.
  const started = readFileSync(`/proc/${process.ppid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19]
  writeFileSync(join(directory, 'lock'), `${process.ppid} ${started}`)
  expect(() => lockQueue(directory)).toThrow(`in use by process ${process.ppid}`)
  writeFileSync(join(directory, 'lock'), `${process.ppid} 1`)
  expect(() => lockQueue(directory)).not.toThrow()
})
