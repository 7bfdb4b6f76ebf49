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

export const recordOf = (reading: Reading): ReadingRecord => ({
  key: reading.location,
  value: valueOf(reading),
  timestamp: String(timestampOf(reading)),
})

/** The value of a reading's record. */
export const valueOf = ({ date, value, note }: Reading): string => JSON.stringify({ date, value, note })

/** The timestamp of a reading's record, in milliseconds. */
export const timestampOf = ({ date }: Pick<Reading, 'date'>): number => Math.floor(date / 1000)

const content = z.object({ date: z.number().int().safe(), value: z.number(), note: z.string() })

/** The reading of a record, as it was sent. @throws Error where it is none */
export function readingOf({ key, value }: Pick<ReadingRecord, 'key' | 'value'>): Reading {
  if (key === '') throw new Error('the record has no key, so nobody knows its place')
  return { location: key, ...content.parse(JSON.parse(value)) }
}
