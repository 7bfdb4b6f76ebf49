import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, types } from 'cassandra-driver'
import { backoff } from '../../../backoff.ts'
import type { CassandraOptions } from '../client.ts'
import { classifyCassandraError } from '../errors.ts'
import { connected, end, sendAll } from '../backend.ts'
import { Problem } from '../../../problem.ts'
import type { Checkpoint, CheckpointFile } from './checkpoint.ts'
import { copiesOf } from './rows.ts'
import type { StoredReading } from './rows.ts'

export interface CopyOptions extends CassandraOptions {
  readonly byDay: string
  /** Rows a second at most: what is left of the ring is for those who measure. */
  readonly rate: number
}

const pageRows = 500
const mostTries = 8

/**
 * Copies all rows of `table` to the table by day, in the order of their tokens. A checkpoint is written down after each page, so that a
 * copy that was cut off goes on there. Rows that are there already stay as they are.
 * @throws {Problem} where the ring refuses, or fails several times in a row
 */
export async function copyByDay(options: CopyOptions, file: CheckpointFile, onPage: (checkpoint: Checkpoint) => void): Promise<Checkpoint> {
  const { keyspace, byDay, rate } = options
  let client: Client | undefined

  /** Does something, again after a pause where the ring is away or busy. */
  async function patiently<Value>(work: (open: Client) => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries++) {
      try {
        client ??= await connected(options)
        return await work(client)
      } catch (error) {
        const failure = classifyCassandraError(error)
        if (client) await end(client)
        client = undefined
        if (failure.kind !== 'transient' || tries === mostTries)
          throw new Problem(
            failure.message,
            `${failure.remedy ?? 'see that every node is up (nodetool status)'}; then run this again: it goes on where it stopped`,
          )
        await sleep(backoff(failure.kind, tries))
      }
    }
  }

  try {
    const retention = await patiently(open => retentionOf(open, options))
    let checkpoint = file.read()
    for (;;) {
      const began = performance.now()
      const { rows, last } = await patiently(open => pageFrom(open, options, checkpoint.token))
      const whole = rows.length < pageRows
      // The last row is the first of the next page: another may have the same token.
      const mine = whole ? rows : rows.slice(0, -1)
      const { requests, expired } = copiesOf(keyspace, byDay, mine, retention, Date.now())
      await patiently(open => sendAll(open, requests, options))
      checkpoint = { token: last ?? checkpoint.token, rows: checkpoint.rows + mine.length, expired: checkpoint.expired + expired }
      if (whole) {
        file.remove()
        return checkpoint
      }
      file.write(checkpoint)
      onPage(checkpoint)
      await sleep(Math.max(0, (mine.length * 1000) / rate - (performance.now() - began)))
    }
  } finally {
    if (client) await end(client)
  }
}

/** Seconds the table by day keeps a row, 0 for ever. @throws where there is no such table */
async function retentionOf(client: Client, { keyspace, byDay }: CopyOptions): Promise<number> {
  const {
    rows: [table],
  } = await client.execute('SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?', [
    keyspace,
    byDay,
  ])
  if (!table) throw Object.assign(new Error(`table ${byDay} does not exist`), { code: 0x2200 })
  return table['default_time_to_live'] as number
}

interface Page {
  readonly rows: readonly StoredReading[]
  /** The token of the last row; undefined where there is none. */
  readonly last: string | undefined
}

/** The next rows from a token on, that one included. All copies are asked: a row that only one node has is a row. */
async function pageFrom(client: Client, { keyspace, table }: CopyOptions, token: string): Promise<Page> {
  const {
    default: {
      types: { consistencies },
    },
  } = await import('cassandra-driver')
  const key = 'token(reading_location, reading_date)'
  const { rows } = await client.execute(
    `SELECT ${key} AS position, reading_location, reading_date, reading_note, reading_value, WRITETIME(reading_value) AS written ` +
      `FROM "${keyspace}"."${table}" WHERE ${key} >= ? LIMIT ${pageRows}`,
    [token],
    { consistency: consistencies.all, fetchSize: pageRows },
  )
  return { rows: rows.map(storedReading), last: rows.at(-1)?.['position']?.toString() as string | undefined }
}

function storedReading(row: types.Row): StoredReading {
  const date = (row['reading_date'] as Date).getTime() * 1000
  const written = row['written'] as types.Long | null
  return {
    location: row['reading_location'] as string,
    date,
    note: (row['reading_note'] as string | null) ?? '',
    value: row['reading_value'] as number | null,
    written: written === null ? date : written.toNumber(),
  }
}
