import type { Client } from 'cassandra-driver'
import type { Reading } from '../reading.ts'
import type { Backend, Stored } from './backend.ts'
import type { CassandraOptions } from './cassandra-client.ts'
import { cassandraClient } from './cassandra-client.ts'
import { classifyCassandraError } from './cassandra-errors.ts'

const columns = '(reading_location, reading_date, reading_note, reading_value)'

// The key's dates are whole milliseconds.
const row = ({ location, date, note, value }: Reading): unknown[] => [location, new Date(Math.floor(date / 1000)), note, value]

/**
 * Cassandra over one connection a node. Each reading is a partition of its own and goes to a node that owns it: a batch over many
 * partitions would only make one node work for all. Writing the same key again changes nothing, so nothing is ever a duplicate.
 */
export function cassandraBackend(options: CassandraOptions): Backend {
  const insert = `INSERT INTO "${options.keyspace}"."${options.table}" ${columns} VALUES (?, ?, ?, ?)`
  let client: Client | undefined

  async function send(open: Client, reading: Reading): Promise<void> {
    await within(options.timeout, open.execute(insert, row(reading)))
  }

  /** Sends what is left of a batch, one after the other, until there is no more or one fails. */
  async function lane(open: Client, rest: Iterator<Reading>, state: { failed: boolean }): Promise<void> {
    for (let next = rest.next(); !next.done && !state.failed; next = rest.next()) {
      try {
        await send(open, next.value)
      } catch (error) {
        state.failed = true
        throw error
      }
    }
  }

  return {
    maxBatch: options.batch,
    resolution: 1000,
    classify: classifyCassandraError,
    async connect() {
      const opening = await cassandraClient(options)
      const connected = opening.connect()
      try {
        await within(2 * options.timeout, connected)
      } catch (error) {
        // It may still come to be connected, to nobody's use.
        connected.then(() => opening.shutdown(), () => {}).catch(() => {})
        throw error
      }
      client = opening
    },
    async store(readings): Promise<Stored> {
      const open = client
      if (!open) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
      const [only] = readings
      if (readings.length === 1 && only) {
        await send(open, only)
      } else {
        const state = { failed: false }
        const rest = readings.values()
        await Promise.all(Array.from({ length: Math.min(options.inflight, readings.length) }, () => lane(open, rest, state)))
      }
      return { duplicates: 0 }
    },
    async close() {
      const open = client
      client = undefined
      // Sockets of a node that hangs are destroyed by the driver a little later.
      if (open) await Promise.race([open.shutdown().catch(() => {}), new Promise(done => setTimeout(done, 500).unref())])
    },
  }
}

/** What `work` gives, or a timeout: the driver's own limits are per node it tries. */
function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(Object.assign(new Error(`no answer within ${milliseconds} ms`), { code: 'ETIMEDOUT' }))
    const limit = setTimeout(giveUp, milliseconds)
    work.finally(() => clearTimeout(limit)).then(resolve, reject)
  })
}
