import * as z from 'zod'
import { readingOf } from '../backends/kafka/record.ts'
import type { Reading } from '../reading.ts'
import { sentence } from '../problem.ts'

/** What is looked at of a record as the driver gives it. */
export interface SourceMessage {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly offset: string
}

/** A record of the topic, by its place in it. */
export interface SourceRecord {
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** A reading, with what it came in. */
export interface SinkReading<Item = SourceRecord> extends Reading {
  readonly record: Item
}

/** Why a record is none that any store could take. */
export interface NoReading {
  readonly code: 'NOT_A_READING' | 'IMPOSSIBLE_VALUE' | 'OF_ANOTHER_PLACE'
  readonly message: string
}

/** Degrees Celsius: nothing is colder than absolute zero, and no thermometer is warmer than this. */
const coldest = -273.15
const warmest = 10_000

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The reading a record holds, or why it holds none. */
export function readingIn(record: SourceRecord): SinkReading | NoReading {
  let reading: Reading
  try {
    reading = readingOf({ key: textOf(record.key, 'key'), value: textOf(record.value, 'value') })
  } catch (error) {
    return { code: 'NOT_A_READING', message: whyNot(error).replaceAll(/\s+/g, ' ') }
  }
  return impossibleIn(reading) ?? { ...reading, record }
}

/** Why no store should have a reading; undefined where it is one that can be. */
export function impossibleIn({ date, value }: Reading): NoReading | undefined {
  // What is too late for a store is too large for a reading: safe integers end in 2255.
  if (date < 0) return impossible(`its date, ${date} µs, is before 1970`)
  if (value < coldest || value > warmest) return impossible(`${value} °C is no temperature`)
  return undefined
}

export const isReading = (found: SinkReading | NoReading): found is SinkReading => 'record' in found

/** Why something cannot be read as one. */
export const whyNot = (error: unknown): string =>
  error instanceof z.ZodError
    ? [...new Set(error.issues.map(({ path, message }) => `${path.join('.') || 'the value'}: ${message}`))].join('; ')
    : sentence(error)

const impossible = (message: string): NoReading => ({ code: 'IMPOSSIBLE_VALUE', message })

/** Text that is none would become another text, and two places one. */
export function textOf(bytes: Buffer | null, part: string): string {
  if (bytes === null) throw new Error(`the record has no ${part}`)
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Error(`the record's ${part} is no text`)
  }
}

/** Readings without those that are there twice just alike, which a producer may have sent again. */
export function eachOnce<Found extends Reading>(readings: readonly Found[]): readonly Found[] {
  const seen = new Set<string>()
  return readings.filter(({ location, date, value, note }) => {
    const all = `${date} ${value} ${location.length} ${location}${note}`
    return !seen.has(all) && seen.add(all)
  })
}
