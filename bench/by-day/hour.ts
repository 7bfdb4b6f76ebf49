import type { Store } from './store.ts'

const places = 4
const hour = 3600_000
/** Rows a page: one page of a scan looks at many more, and the server ends what takes it too long. */
const page = 500

/** The last hour of a location. */
export interface Question {
  readonly location: string
  /** Milliseconds: when the hour ends. */
  readonly until: number
}

export interface Answer {
  /** Milliseconds since 1970, in order. */
  readonly dates: readonly number[]
  readonly milliseconds: number
}

/**
 * Stores readings of four locations, one a second each, up to now, as the agent does when it catches up. @returns when the last was taken,
 * in milliseconds
 */
export async function fill({ backend }: Store, rows: number): Promise<number> {
  const until = Math.floor(Date.now() / 1000) * 1000
  const each = Math.ceil(rows / places)
  for (let place = 1; place <= places; place++)
    for (let from = 0; from < each; from += backend.maxBatch)
      await backend.store(
        Array.from({ length: Math.min(backend.maxBatch, each - from) }, (_, i) => ({
          location: `place${place}`,
          date: (until - (each - 1 - from - i) * 1000) * 1000,
          value: 20 + ((from + i) % 400) / 10,
          note: '',
        })),
      )
  return until
}

/** Asks the table by day: one or two partitions, and of them the newest rows. */
export function hourByDay(store: Store, { location, until }: Question): Promise<Answer> {
  const days = [...new Set([until - hour, until].map(time => new Date(time).toISOString().slice(0, 10)))]
  const marks = days.map(() => '?').join(', ')
  return answer(
    store,
    `SELECT reading_date, reading_value FROM temperature.reading_by_day WHERE reading_location = ? AND reading_day IN (${marks}) AND reading_date > ?`,
    [location, ...days, new Date(until - hour)],
  )
}

/** Asks the table of single readings: every row of it is looked at. */
export function hourByScan(store: Store, { location, until }: Question): Promise<Answer> {
  return answer(
    store,
    'SELECT reading_date, reading_value FROM temperature.reading WHERE reading_location = ? AND reading_date > ? ALLOW FILTERING',
    [location, new Date(until - hour)],
  )
}

async function answer({ client }: Store, query: string, params: readonly unknown[]): Promise<Answer> {
  const dates: number[] = []
  const began = performance.now()
  let pageState: string | undefined
  do {
    const result = await client.execute(query, [...params], {
      fetchSize: page,
      readTimeout: 120_000,
      ...(pageState !== undefined && { pageState }),
    })
    for (const row of result.rows) dates.push((row['reading_date'] as Date).getTime())
    pageState = result.pageState ?? undefined
  } while (pageState !== undefined)
  return { milliseconds: performance.now() - began, dates: dates.sort((a, b) => a - b) }
}
