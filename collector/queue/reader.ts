import type { QueuedReading } from '../reading.ts'
import type { Cursor } from './cursor.ts'
import { readSlice, type Segment, type Slice } from './segment.ts'

/** `full`: the bound took them; `damaged`: their lines, or their file, could not be read. */
export type DropReason = 'full' | 'damaged'

/** Who is told of what a reader lost. */
export interface ReaderEvents {
  /** Told when readings are lost to a backend that has not got them. */
  readonly onDropped?: (backend: string, readings: number, reason: DropReason) => void
  /** Told when lines with a wrong checksum were skipped. */
  readonly onDamaged?: (lines: number) => void
}

/** What a reader sees of the queue it reads. */
export interface Shelf {
  /** Oldest first. */
  readonly segments: readonly Segment[]
  /** What the disk did not take yet. */
  readonly unwritten: readonly QueuedReading[]
  readonly nextSequence: number
  /** A cursor moved. */
  acknowledged(): void
  /** A segment was read. */
  readable(path: string): void
  /** A segment could not be read: is it given up? */
  unreadable(path: string, error: unknown): boolean
}

interface Position {
  /** The segment's first sequence number. */
  readonly segment: number
  readonly offset: number
}

/** One backend's way through the queue: takes readings in order, and moves its cursor when they are acknowledged. */
export class QueueReader {
  readonly name: string
  /** The cursor moved since it was saved. */
  moved = false
  readonly #queue: Shelf
  readonly #events: ReaderEvents
  #cursor: Cursor
  /** The last number handed out: greater than the cursor's while a batch is in flight. */
  #taken: number
  /** Up to here readings were dropped, and counted, before they were taken. */
  #skipped = 0
  #position: Position = { segment: 0, offset: 0 }
  #head: QueuedReading | undefined

  constructor(name: string, cursor: Cursor, queue: Shelf, events: ReaderEvents) {
    this.name = name
    this.#queue = queue
    this.#events = events
    this.#cursor = cursor
    this.#taken = cursor.sequence
    this.again()
  }

  /** Goes back to the first reading not acknowledged: those taken and not acknowledged are given again. */
  again(): void {
    const { segments } = this.#queue
    this.#head = undefined
    this.#taken = Math.max(this.#cursor.sequence, this.#skipped, (segments[0]?.first ?? 1) - 1)
    const holding = segments.findLast(segment => segment.first <= this.#taken + 1)
    this.#position = { segment: holding?.first ?? 0, offset: 0 }
  }

  /** Everything up to here is stored. */
  get cursor(): Cursor {
    return this.#cursor
  }

  /** How many readings are not acknowledged yet, those in flight included. */
  get length(): number {
    const oldest = this.#queue.segments[0]?.first ?? this.#queue.unwritten[0]?.sequence ?? this.#queue.nextSequence
    return this.#queue.nextSequence - Math.max(this.#cursor.sequence + 1, Math.min(oldest, this.#head?.sequence ?? oldest))
  }

  /** The date of the oldest reading not acknowledged, in microseconds; undefined when there is none. */
  get oldestDate(): number | undefined {
    return (this.#head ?? this.#read(1).records[0])?.date
  }

  /** The next readings, at most `max`, in order; none twice in one run. Whoever takes them keeps them until they are acknowledged. */
  take(max: number): readonly QueuedReading[] {
    const { records, position } = this.#read(max, this.#events.onDamaged)
    this.#position = position
    const taken = records.at(-1)?.sequence ?? this.#taken
    const lost = taken - this.#taken - records.length
    if (lost > 0) this.#events.onDropped?.(this.name, lost, 'damaged')
    this.#taken = taken
    this.#head ??= records[0]
    return records
  }

  /** Says that this reading and all before it are stored: they leave the queue. */
  acknowledge({ sequence, date }: QueuedReading): void {
    this.#head = undefined
    if (sequence <= this.#cursor.sequence) return
    this.#cursor = { sequence, date }
    this.moved = true
    this.#queue.acknowledged()
  }

  /** For the queue: what it drops. Returns how many of them nobody had taken yet. */
  skipTo(sequence: number): number {
    const lost = sequence - this.#taken
    if (lost <= 0) return 0
    this.#taken = this.#skipped = sequence
    return lost
  }

  #read(max: number, onDamaged?: (lines: number) => void): { records: QueuedReading[]; position: Position } {
    const records: QueuedReading[] = []
    let position = this.#position
    let after = this.#taken
    const keep = (found: readonly QueuedReading[]): void => {
      for (const record of found) {
        if (record.sequence <= after || records.length === max) continue
        records.push(record)
        after = record.sequence
      }
    }
    while (records.length < max) {
      const { segments } = this.#queue
      const index = segments.findIndex(({ first }) => first >= position.segment)
      const segment = segments[index]
      if (!segment) break
      const offset = segment.first === position.segment ? position.offset : 0
      const slice = this.#slice(segment.path, offset, max - records.length)
      // What follows must wait for it, or it would be taken for lost.
      if (!slice) return { records, position }
      if (slice.damaged > 0) onDamaged?.(slice.damaged)
      keep(slice.records)
      position = { segment: segment.first, offset: slice.offset }
      if (!slice.ended) continue
      const next = segments[index + 1]
      if (!next) break
      position = { segment: next.first, offset: 0 }
    }
    keep(this.#queue.unwritten)
    return { records, position }
  }

  /** A slice of a segment; an empty one of a segment that is given up; undefined while one that cannot be read may come back. */
  #slice(path: string, offset: number, max: number): Slice | undefined {
    try {
      const slice = readSlice(path, offset, max)
      this.#queue.readable(path)
      return slice
    } catch (error) {
      return this.#queue.unreadable(path, error) ? { records: [], offset, damaged: 0, ended: true } : undefined
    }
  }
}
