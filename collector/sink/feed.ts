import type { Failure } from '../backends/backend.ts'
import type { Reading } from '../reading.ts'
import type { NoReading } from './records.ts'

/** What a feed is told, and asks, while it brings something. */
export interface FeedEvents<Item> {
  /** Most items taken at a time. */
  readonly most: number
  /** Resolves when all that these hold is stored, or a dead letter. @throws {Stopped} where `ends` aborts before */
  take(items: readonly Item[], ends: AbortSignal): Promise<void>
  /** It has its place, in these words; `partitions`: how many it has, where there are such. */
  joined(said: string, partitions?: number): void
  /** For a moment it has none. */
  left(): void
  /** So many are gone that nobody has stored. */
  gone(count: number, why: string): void
  warn(said: string): void
  /** A try to keep a dead letter, or to look at the lag, came to nothing. */
  failed(failure: Failure, retryIn: number): void
  /** What waits, by partition; undefined: not known, for this reason. */
  lag(waiting: ReadonlyMap<number, number> | undefined, failure?: Failure): void
}

/** Where a sink takes readings from: brings items that each hold some, again and again until they are stored. */
export interface Feed<Item> {
  /** Its word in metrics, health and log. */
  readonly name: string
  /** What it is called by a person. */
  readonly place: string
  /** Where dead letters are, for a person. */
  readonly deadLetters: string
  holds(item: Item): readonly Reading[] | NoReading
  /** Where an item came from, for a person. */
  origin(item: Item): string
  /**
   * Keeps what can never be stored: the whole item, or this reading of it. It has it when this resolves, and it tries for as long as that
   * takes. @throws {Stopped} where `ends` aborts before
   */
  bury(
    item: Item,
    reading: Reading | undefined,
    reason: { readonly code: string; readonly message: string },
    ends: AbortSignal,
  ): Promise<void>
  /**
   * Takes, until `ends` aborts: it then finishes what it has begun and leaves. What is not stored comes again. @throws what ended it
   */
  run(ends: AbortSignal): Promise<void>
  classify(error: unknown): Failure
  /** Looks at what waits, again and again until `stop` aborts; absent: nobody can tell. Never throws. */
  watch?(stop: AbortSignal): Promise<void>
  /** Never throws. */
  close(): Promise<void>
}

/** Makes a feed, which has not begun. */
export type OpenFeed<Item> = (events: FeedEvents<Item>) => Feed<Item>
