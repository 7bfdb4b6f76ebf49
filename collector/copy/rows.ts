import { byPartition, insertByDay, rowByDay } from '../backends/cassandra-requests.ts'
import type { Request, Row } from '../backends/cassandra-requests.ts'

/** A row of the table that is copied from. */
export interface StoredReading extends Row {
  /** When it was written: microseconds since 1970-01-01 UTC. */
  readonly written: number
}

export interface Copies {
  readonly requests: readonly Request[]
  /** Rows whose time is over: the table they go to would not have them any more. */
  readonly expired: number
}

/**
 * The requests that give rows to the table by day. Each keeps the time it was written, so that nothing newer is overwritten, what was
 * deleted since stays deleted, and it expires when it would have expired. `retention` in seconds, 0 for ever; `now` in milliseconds.
 */
export function copiesOf(keyspace: string, byDay: string, rows: readonly StoredReading[], retention: number, now: number): Copies {
  const query = `${insertByDay(keyspace, byDay)} USING TIMESTAMP ? AND TTL ?`
  const left = ({ written }: StoredReading): number => Math.ceil(retention - (now - written / 1000) / 1000)
  const living = retention === 0 ? rows : rows.filter(row => left(row) > 0)
  const ttl = (row: StoredReading): number => (retention === 0 ? 0 : Math.min(retention, left(row)))
  return {
    requests: [...byPartition(living, row => ({ query, params: [...rowByDay(row), row.written, ttl(row)] }))],
    expired: rows.length - living.length,
  }
}
