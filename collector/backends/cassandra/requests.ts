import type { Reading } from '../../reading.ts'

/** Where readings go. */
export interface CassandraTables {
  readonly keyspace: string
  /** Each reading is a partition. */
  readonly table: string
  /** What one location measured in one day is a partition, newest first. Absent: only `table` is written. */
  readonly byDay?: string | undefined
}

export interface Statement {
  readonly query: string
  readonly params: readonly unknown[]
}

/** Statements that travel as one request: all of one partition, so that one node takes them as one write. */
export type Request = readonly [Statement, ...Statement[]]

/** The most rows of a partition in one request: some 200 KiB with the longest notes, where the server's limit is 4 MiB. */
const mostRows = 200

/**
 * The requests that store readings; all must be acknowledged. Rows of one day at one location are one partition of the table by day, so
 * they go together. In the other table each reading is a partition, and goes alone: a batch over many partitions would only make one node
 * work for all.
 */
export function requestsOf({ keyspace, table, byDay }: CassandraTables, readings: readonly Reading[]): readonly Request[] {
  const query = `INSERT INTO "${keyspace}"."${table}" (reading_location, reading_date, reading_note, reading_value) VALUES (?, ?, ?, ?)`
  const alone = readings.map(({ location, date, note, value }): Request => [{ query, params: [location, instant(date), note, value] }])
  if (byDay === undefined) return alone
  const together = insertByDay(keyspace, byDay)
  // The larger ones first, so that none of them is still to be begun when all others are done.
  return [...byPartition(readings, reading => ({ query: together, params: rowByDay(reading) })), ...alone]
}

/** The statement that adds a row to the table by day; its parameters are `rowByDay`. */
export const insertByDay = (keyspace: string, byDay: string): string =>
  `INSERT INTO "${keyspace}"."${byDay}" (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES (?, ?, ?, ?, ?)`

/** A reading as a row has it: by hand somebody may have stored one without a value. */
export type Row = Omit<Reading, 'value'> & { readonly value: number | null }

export const rowByDay = ({ location, date, note, value }: Row): readonly unknown[] => [location, dayOf(date), instant(date), note, value]

/** One request a location and day, or several where there are many rows. */
export function* byPartition<Some extends Row>(rows: readonly Some[], statement: (row: Some) => Statement): Generator<Request> {
  const partitions = new Map<string, [Statement, ...Statement[]]>()
  for (const row of rows) {
    const key = `${dayOf(row.date)} ${row.location}`
    const open = partitions.get(key)
    if (open && open.length < mostRows) {
      open.push(statement(row))
      continue
    }
    if (open) yield open
    partitions.set(key, [statement(row)])
  }
  yield* partitions.values()
}

/** The keys' dates are whole milliseconds. */
const instant = (date: number): Date => new Date(Math.floor(date / 1000))

/** The day of a reading, UTC, as CQL writes it. */
const dayOf = (date: number): string => instant(date).toISOString().slice(0, 10)
