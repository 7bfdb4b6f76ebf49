import { closeSync, fdatasync, fstatSync, fsync, ftruncateSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type { QueuedReading, Reading } from '../reading.ts'
import { forgetOtherCursors, loadCursor, saveCursor } from './cursor.ts'
import { makeDirectory } from './directory.ts'
import { QueueReader, type ReaderEvents } from './reader.ts'
import { encodeRecord } from './record.ts'
import type { Segment } from './segment.ts'
import { scanSegment, segmentNumbers, segmentPath } from './segment.ts'

export interface QueueOptions extends ReaderEvents {
  readonly directory: string
  /** One cursor each; every one gets every reading. */
  readonly backends: readonly string[]
  /** Bound of all segments together; the oldest segment goes first. Default 64 MiB. */
  readonly maxBytes?: number
  /** How large a file grows. Default: an eighth of `maxBytes`, from 4 KiB to 1 MiB. */
  readonly segmentBytes?: number
  /** Bound in readings, beside the one in bytes. Default none. */
  readonly maxReadings?: number
}

const datasync = promisify(fdatasync)
const wholeSync = promisify(fsync)
const largestSegment = 1024 * 1024
const smallestSegment = 4 * 1024
/** How many segments the bound is cut into: the oldest eighth is what a full queue loses at once. */
const parts = 8
/** Readings kept in memory while the disk takes none (full, read-only): about 1 MiB. */
const memoryLimit = 5000
/** What a record takes at least, in bytes. */
const smallestRecord = 40
/** Milliseconds that a segment which cannot be read is tried again, before its readings are given up. */
const readPatience = 60_000

type Operation = 'write' | 'sync' | 'cursor' | 'remove' | 'read'

/**
 * A bounded queue of readings on disk, in order, with a cursor a backend.
 *
 * A reading is written (not synced) before `append` returns: the kernel has it, so killing this process loses nothing.
 * `sync` makes it survive a power cut as well; `upkeep.ts` says when that is worth the wear.
 * One process at a time: see `lock.ts`. No method throws for a disk that is full, read-only or broken; `diskError` says so. Each append
 * tries the disk again, so the queue is whole again with the disk.
 */
export class Queue {
  readonly readers: ReadonlyMap<string, QueueReader>
  /** What the disk refused last, by operation; one that succeeds again takes its error away. */
  readonly #errors = new Map<Operation, unknown>()
  /** Files that left the queue and that the disk keeps. */
  readonly #doomed = new Set<string>()
  readonly #unreadableSince = new Map<string, number>()
  readonly #options: QueueOptions
  readonly #segments: Segment[] = []
  readonly #unwritten: QueuedReading[] = []
  readonly #waiting = new Set<() => void>()
  readonly #segmentBytes: number
  readonly #segmentReadings: number
  #nextSequence = 1
  #lastDate = 0
  #fd: number | undefined
  /** Syncs under way; the next one, and the closing of a file, come after. */
  #syncing: Promise<void> = Promise.resolve()
  #unsynced = false
  #newFile = false

  /** Opens the queue in a directory, which it makes where the disk lets it. @throws where the directory is there and cannot be read */
  constructor(options: QueueOptions) {
    this.#options = options
    const { maxBytes = 64 * largestSegment, maxReadings = Infinity } = options
    this.#segmentBytes = options.segmentBytes ?? Math.max(smallestSegment, Math.min(largestSegment, Math.floor(maxBytes / parts)))
    this.#segmentReadings = Math.max(1, Math.floor(maxReadings / parts))
    this.#attempt('write', () => makeDirectory(options.directory))
    this.#openSegments()
    this.#attempt('remove', () => forgetOtherCursors(options.directory, options.backends))
    this.readers = new Map(options.backends.map(name => [name, this.#openReader(name)]))
  }

  /** What the disk refuses now; undefined while it does all that is asked of it. */
  get diskError(): unknown {
    return [...this.#errors.values()][0]
  }

  /** The number the next reading gets. Numbers go on after a restart. */
  get nextSequence(): number {
    return this.#nextSequence
  }

  /** The date of the newest reading that is known of, also of those that left the queue; 0 for none. Microseconds. */
  get lastDate(): number {
    return this.#lastDate
  }

  get directory(): string {
    return this.#options.directory
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** For readers: oldest first. */
  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** For readers: what the disk did not take yet. */
  get unwritten(): readonly QueuedReading[] {
    return this.#unwritten
  }

  /** Adds a reading at the end, on disk before it returns; in memory, bounded, while the disk takes none. */
  append(reading: Reading): QueuedReading {
    const record = { ...reading, sequence: this.#nextSequence++ }
    this.#lastDate = record.date
    this.#unwritten.push(record)
    this.#write()
    this.#bound()
    for (const wake of this.#waiting) wake()
    return record
  }

  /** The next append, or the abort of the signal, whichever is first. */
  appended(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      if (signal.aborted) return resolve()
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  /** For readers: a cursor moved; removes the segments every backend has. */
  acknowledged(): void {
    const { length } = this.#segments
    const stored = Math.min(...[...this.readers.values()].map(reader => reader.cursor.sequence))
    // The newest stays, whoever has it: it is being written, and it remembers the last date and number.
    const done = this.#segments.filter((segment, index) => index < length - 1 && segment.last <= stored)
    if (done.length === 0) return
    this.saveCursors()
    for (const segment of done) this.#remove(segment)
  }

  /** Writes the cursors that moved. */
  saveCursors(): void {
    for (const reader of this.readers.values()) {
      if (!reader.moved) continue
      // A cursor that stays behind only delivers again; a full disk must not stop deliveries, which make room.
      if (this.#attempt('cursor', () => saveCursor(this.#options.directory, reader.name, reader.cursor))) reader.moved = false
    }
  }

  /** For readers: whether a segment that could not be read is given up. Until then it is tried again, for a disk may come back. */
  unreadable(path: string, error: unknown): boolean {
    const since = this.#unreadableSince.get(path) ?? performance.now()
    this.#unreadableSince.set(path, since)
    this.#errors.set('read', error)
    return performance.now() - since > readPatience
  }

  /** For readers: a segment was read. */
  readable(path: string): void {
    if (this.#unreadableSince.delete(path) && this.#unreadableSince.size === 0) this.#errors.delete('read')
  }

  /** Makes everything appended so far survive a power cut. */
  sync(): Promise<void> {
    return this.#afterSync(async () => {
      const fd = this.#fd
      if (!this.#unsynced || fd === undefined) return
      this.#unsynced = false
      const newFile = this.#newFile
      this.#newFile = false
      try {
        await datasync(fd)
        if (newFile) await this.#syncDirectory()
        this.#errors.delete('sync')
      } catch (error) {
        this.#unsynced = true
        this.#newFile ||= newFile
        this.#errors.set('sync', error)
        throw error
      }
    })
  }

  /** Syncs, saves the cursors and closes. */
  async close(): Promise<void> {
    this.#write()
    await this.sync()
    this.saveCursors()
    this.abandon()
  }

  /** Closes the files and nothing else: what SIGKILL does. */
  abandon(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #openSegments(): void {
    const { directory } = this.#options
    const numbers = segmentNumbers(directory)
    numbers.forEach((first, index) => {
      const path = segmentPath(directory, first)
      const next = numbers[index + 1]
      const found = this.#scan(path, first)
      const last = next === undefined ? found.last : Math.min(found.last, next - 1)
      // What follows the last good record of the newest is cut off before the next one is written.
      this.#segments.push({ path, first, last, bytes: next === undefined ? found.goodBytes : found.totalBytes })
      this.#nextSequence = Math.max(this.#nextSequence, first, last + 1)
      if (found.date !== undefined) this.#lastDate = found.date
    })
  }

  #scan(path: string, first: number): { last: number; date?: number; goodBytes: number; totalBytes: number } {
    try {
      const { last, ...bytes } = scanSegment(path)
      return { last: last?.sequence ?? first - 1, ...(last && { date: last.date }), ...bytes }
    } catch (error) {
      this.unreadable(path, error)
      // As many as it may hold, so that no number is given twice.
      const totalBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
      return { last: first - 1 + Math.ceil(totalBytes / smallestRecord), goodBytes: totalBytes, totalBytes }
    }
  }

  #openReader(name: string): QueueReader {
    const cursor = loadCursor(this.#options.directory, name)
    // After a power cut the cursor may be ahead of the records: they are stored, so their numbers are taken.
    if (cursor.sequence >= this.#nextSequence) {
      this.#nextSequence = cursor.sequence + 1
      this.#lastDate = cursor.date
    }
    return new QueueReader(name, cursor, this, this.#options)
  }

  #write(): void {
    const wrote = this.#attempt('write', () => {
      for (let record; (record = this.#unwritten[0]); this.#unwritten.shift()) this.#writeOne(record)
    })
    if (wrote) this.#sweep()
    else this.#letGo()
  }

  #writeOne(record: QueuedReading): void {
    const line = Buffer.from(encodeRecord(record))
    const segment = this.#segmentFor(record, line.length)
    const fd = (this.#fd ??= openAt(segment))
    const written = writeWhole(fd, line, segment.bytes)
    segment.bytes += written
    segment.last = record.sequence
    this.#unsynced = true
  }

  #segmentFor(record: QueuedReading, bytes: number): Segment {
    const newest = this.#segments.at(-1)
    const fits = newest && newest.bytes + bytes <= this.#segmentBytes && newest.last - newest.first + 1 < this.#segmentReadings
    if (fits) return newest
    const segment: Segment = {
      path: segmentPath(this.#options.directory, record.sequence),
      first: record.sequence,
      last: record.sequence - 1,
      bytes: 0,
    }
    makeDirectory(this.#options.directory)
    const fd = openSync(segment.path, 'a', 0o640)
    if (this.#fd !== undefined) this.#retire(this.#fd)
    this.#fd = fd
    this.#newFile = true
    // An empty newest segment, left by a disk that was full, is replaced.
    if (newest?.first === segment.first) this.#segments.pop()
    this.#segments.push(segment)
    return segment
  }

  #bound(): void {
    const { maxBytes = 64 * largestSegment, maxReadings = Infinity } = this.#options
    const readings = (): number => this.#nextSequence - (this.#segments[0]?.first ?? this.#nextSequence)
    for (let oldest; (oldest = this.#segments[0]) && this.#segments.length > 1 && (this.bytes > maxBytes || readings() > maxReadings); ) {
      this.#remove(oldest)
      this.#drop(oldest.last)
    }
    while (this.#unwritten.length > memoryLimit) {
      const oldest = this.#unwritten.shift()
      if (oldest) this.#drop(oldest.sequence)
    }
  }

  #drop(upTo: number): void {
    for (const reader of this.readers.values()) {
      const lost = reader.skipTo(upTo)
      if (lost > 0) this.#options.onDropped?.(reader.name, lost, 'full')
    }
  }

  #remove(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1)
    this.#doomed.add(segment.path)
    this.#unreadableSince.delete(segment.path)
    this.#sweep()
  }

  /** Removes the files that left the queue. Those a read-only disk keeps are only delivered again, by the run that finds them. */
  #sweep(): void {
    this.#attempt('remove', () => {
      for (const path of this.#doomed) {
        rmSync(path, { force: true })
        this.#doomed.delete(path)
      }
    })
  }

  /** Does something to the disk; false, with the error kept for who asks, where it refuses. */
  #attempt(operation: Operation, action: () => void): boolean {
    try {
      action()
      this.#errors.delete(operation)
      return true
    } catch (error) {
      this.#errors.set(operation, error)
      return false
    }
  }

  /** Closes the file that took nothing, after the syncs under way: the next write opens it anew, on a disk that may be another by then. */
  #letGo(): void {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) void this.#afterSync(async () => closeSync(fd)).catch(() => {})
  }

  /** Syncs and closes a segment that is full, in the background: on a slow card that takes longer than a reading's interval. */
  #retire(fd: number): void {
    this.#afterSync(async () => {
      try {
        await datasync(fd)
      } finally {
        closeSync(fd)
      }
    }).catch((error: unknown) => this.#errors.set('sync', error))
  }

  /** One sync at a time: a file must not be closed while it is being synced. */
  #afterSync(action: () => Promise<void>): Promise<void> {
    const result = this.#syncing.then(action)
    this.#syncing = result.catch(() => {})
    return result
  }

  async #syncDirectory(): Promise<void> {
    const fd = openSync(this.#options.directory, 'r')
    try {
      await wholeSync(fd)
    } finally {
      closeSync(fd)
    }
  }
}

/** The file of a segment for appending, without what a power cut left behind its last good record. */
function openAt(segment: Segment): number {
  const fd = openSync(segment.path, 'a', 0o640)
  const { size } = fstatSync(fd)
  if (size > segment.bytes) ftruncateSync(fd, segment.bytes)
  segment.bytes = Math.min(size, segment.bytes)
  return fd
}

/** Writes a line at the end of a file, or nothing of it. */
function writeWhole(fd: number, line: Buffer, end: number): number {
  try {
    const written = writeSync(fd, line)
    if (written === line.length) return written
    throw Object.assign(new Error('the disk took half a record'), { code: 'ENOSPC' })
  } catch (error) {
    ftruncateSync(fd, end)
    throw error
  }
}
