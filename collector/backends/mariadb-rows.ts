import type { Reading } from '../reading.ts'

/** A row as it is read back, its date as text. */
export interface StoredRow {
  readonly location: string
  readonly date: string
  readonly note: string | null
  readonly value: number | string | null
}

/** The codes of what a duplicate key may turn out to be. */
export const keyTakenCode = 'KEY_TAKEN'
export const noSuchRowCode = 'DUPLICATE_WITHOUT_ROW'
export const aloneOnlyCode = 'DUPLICATE_UNEXPLAINED'

/** Microseconds since 1970 as a DATETIME(6) literal in UTC: `2025-01-31 12:00:00.123456`. */
export function sqlDate(micros: number): string {
  const iso = new Date(Math.floor(micros / 1000)).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(micros % 1000).padStart(3, '0')}`
}

/**
 * What is not there of readings whose INSERT was refused for a duplicate, and a row that has the key of one of them and says something
 * else.
 */
export function compareRows(
  readings: readonly Reading[],
  rows: readonly StoredRow[],
): { readonly missing: readonly Reading[]; readonly foreign: StoredRow | undefined } {
  const there = new Map(rows.map(row => [`${row.date} ${row.location}`, row]))
  const rowOf = ({ date, location }: Reading): StoredRow | undefined => there.get(`${sqlDate(date)} ${location}`)
  const missing = readings.filter(reading => !rowOf(reading))
  const differs = (reading: Reading): boolean => {
    const row = rowOf(reading)
    return row !== undefined && (row.note !== reading.note || row.value === null || Number(row.value) !== reading.value)
  }
  const other = readings.find(differs)
  return { missing, foreign: other && rowOf(other) }
}

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/** The key belongs to a reading that is not ours: this one can never be stored. */
export const keyTaken = ({ location, date, value, note }: StoredRow): Error =>
  coded(
    keyTakenCode,
    `the table has another reading of ${location} at ${date} (value ${String(value)}, note ${JSON.stringify(note)}): do two producers have one name?`,
  )

/** The server calls it a duplicate and has no row with its key: its table tells fewer keys apart than there are. */
export const noSuchRow = (): Error =>
  coded(noSuchRowCode, 'the table refuses a reading as a duplicate and has no row with its location and date')

/** One of several is a duplicate that no earlier delivery explains: which, is found by sending them apart. */
export const aloneOnly = (): Error => coded(aloneOnlyCode, 'the table refuses one of several readings as a duplicate')
