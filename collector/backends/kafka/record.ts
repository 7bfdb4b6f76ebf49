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

/** A value as text, and its bytes as UTF-8. */
export interface ValueText {
  readonly text: string
  readonly size: number
}

/** Values of readings one after the other, the same as `valueOf` gives: most have the note of the one before, which is not made again. */
export function valueWriter(): (reading: Reading) => ValueText {
  let [before, end, more] = ['', '"note":""}', 0]
  return ({ date, value, note }) => {
    if (note !== before) {
      before = note
      end = `"note":${JSON.stringify(note)}}`
      more = Buffer.byteLength(end) - end.length
    }
    // What JSON has no number for is null there.
    const text = `{"date":${Number.isFinite(date) ? date : null},"value":${Number.isFinite(value) ? value : null},${end}`
    return { text, size: text.length + more }
  }
}

/** The timestamp of a reading's record, in milliseconds. */
export const timestampOf = ({ date }: Pick<Reading, 'date'>): number => Math.floor(date / 1000)

const content = z.object({ date: z.number().int().safe(), value: z.number(), note: z.string() })

/** The reading of a record, as it was sent. @throws Error where it is none */
export function readingOf({ key, value }: Pick<ReadingRecord, 'key' | 'value'>): Reading {
  if (key === '') throw new Error('the record has no key, so nobody knows its place')
  return { location: key, ...content.parse(JSON.parse(value)) }
}
