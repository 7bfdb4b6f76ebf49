import * as z from 'zod'
import type { Reading } from '../../reading.ts'

/** A reading as Kafka keeps it. */
export interface ReadingRecord {
  /** The place, so that all of one place is in one partition, in order. */
  readonly key: string
  /** JSON of the rest. The date is there in microseconds, for Kafka's own timestamps are milliseconds. */
  readonly value: string
  /** The reading's own time, in milliseconds. */
  readonly timestamp: string
}

export function recordOf({ location, date, value, note }: Reading): ReadingRecord {
  return { key: location, value: JSON.stringify({ date, value, note }), timestamp: String(Math.floor(date / 1000)) }
}

const content = z.object({ date: z.number().int().safe(), value: z.number(), note: z.string() })

/** The reading of a record, as it was sent. @throws Error where it is none */
export function readingOf({ key, value }: Pick<ReadingRecord, 'key' | 'value'>): Reading {
  if (key === '') throw new Error('the record has no key, so nobody knows its place')
  return { location: key, ...content.parse(JSON.parse(value)) }
}
