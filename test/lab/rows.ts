import { auth, Client, policies } from 'cassandra-driver'

const columns = '(reading_location, reading_date, reading_note, reading_value)'
const day = Date.UTC(2024, 0, 1)

/** A client of a ring that may do all; `ca`: the fleet's certificate, for nodes speak TLS. */
export async function client(addresses: readonly string[], password: string, ca: string): Promise<Client> {
  const made = new Client({
    contactPoints: [...addresses],
    localDataCenter: 'dc1',
    keyspace: 'temperature',
    authProvider: new auth.PlainTextAuthProvider('fleet', password),
    sslOptions: { ca, rejectUnauthorized: true },
    pooling: { warmup: true },
    policies: { retry: new policies.retry.RetryPolicy(), reconnection: new policies.reconnection.ConstantReconnectionPolicy(1000) },
    socketOptions: { readTimeout: 12_000 },
  })
  await made.connect()
  return made
}

/** Rows of one location, numbered from 0, a millisecond apart: which of them are there can be told one by one. */
export class Rows {
  readonly #client: Client
  readonly location: string
  readonly acknowledged = new Set<number>()
  failures = 0

  constructor(made: Client, location: string) {
    this.#client = made
    this.location = location
  }

  /** Adds one; true where it was acknowledged. */
  async add(index: number): Promise<boolean> {
    try {
      await this.#client.execute(
        `INSERT INTO reading ${columns} VALUES (?, ?, ?, ?)`,
        [this.location, new Date(day + index), String(index), index / 2],
        { prepare: true },
      )
      this.acknowledged.add(index)
      return true
    } catch {
      this.failures++
      return false
    }
  }

  /** Adds so many, some at a time, each until it is acknowledged. */
  async fill(count: number, atOnce = 128): Promise<void> {
    let next = 0
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let index = next++; index < count; index = next++)
          while (!(await this.add(index))) await new Promise(done => setTimeout(done, 200))
      }),
    )
  }

  /** Is a row there, with its value? Throws where nobody answers. */
  async has(index: number): Promise<boolean> {
    const { rows } = await this.#client.execute(
      'SELECT reading_note, reading_value FROM reading WHERE reading_location = ? AND reading_date = ?',
      [this.location, new Date(day + index)],
      { prepare: true, isIdempotent: true },
    )
    return rows.length === 1 && rows[0]?.['reading_note'] === String(index) && rows[0]['reading_value'] === index / 2
  }
}

/** Counts every row of the table by location, and tells which numbers are there: nothing is sampled. */
export async function census(made: Client): Promise<ReadonlyMap<string, Set<number>>> {
  const found = new Map<string, Set<number>>()
  let pageState: string | undefined
  do {
    const page = await made.execute('SELECT reading_location, reading_date, reading_note FROM reading', [], {
      prepare: true,
      fetchSize: 2000,
      readTimeout: 60_000,
      isIdempotent: true,
      ...(pageState !== undefined && { pageState }),
    })
    for (const row of page.rows) {
      const location = row['reading_location'] as string
      const set = found.get(location) ?? new Set<number>()
      found.set(location, set.add(Number(row['reading_note'])))
    }
    pageState = page.pageState ?? undefined
  } while (pageState !== undefined)
  return found
}

/** Numbers of `wanted` that are not in `found`. */
export function missing(wanted: Iterable<number>, found: ReadonlySet<number> | undefined): number[] {
  return [...wanted].filter(index => !found?.has(index))
}
