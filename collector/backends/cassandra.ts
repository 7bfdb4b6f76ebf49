import type { Client } from 'cassandra-driver'
import type { Backend, Stored } from './backend.ts'
import type { CassandraOptions } from './cassandra-client.ts'
import { cassandraClient } from './cassandra-client.ts'
import { classifyCassandraError } from './cassandra-errors.ts'
import { requestsOf } from './cassandra-requests.ts'
import type { Request } from './cassandra-requests.ts'

/**
 * Cassandra over one connection a node. Each request goes to a node that owns its partition. A reading is stored when both tables have
 * acknowledged it. Writing the same key again changes nothing, so nothing is ever a duplicate.
 */
export function cassandraBackend(options: CassandraOptions): Backend {
  let client: Client | undefined

  return {
    maxBatch: options.batch,
    resolution: 1000,
    classify: classifyCassandraError,
    async connect() {
      client = await connected(options)
    },
    async store(readings): Promise<Stored> {
      const open = client
      if (!open) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
      await sendAll(open, requestsOf(options, readings), options)
      return { duplicates: 0 }
    },
    async close() {
      const open = client
      client = undefined
      if (open) await end(open)
    },
  }
}

/** A connected client. It ends within twice the time limit, also when the network swallows everything. */
export async function connected(options: CassandraOptions): Promise<Client> {
  const opening = await cassandraClient(options)
  const connecting = opening.connect()
  try {
    await within(2 * options.timeout, connecting)
    return opening
  } catch (error) {
    // It may still come to be connected, to nobody's use.
    connecting
      .then(
        () => opening.shutdown(),
        () => {},
      )
      .catch(() => {})
    throw error
  }
}

/** Ends a client; sockets of a node that hangs are destroyed by the driver a little later. Never throws. */
export async function end(client: Client): Promise<void> {
  await Promise.race([client.shutdown().catch(() => {}), new Promise(done => setTimeout(done, 500).unref())])
}

/** Sends requests, `inflight` at a time. Resolves when all are acknowledged; where one fails no other is begun. */
export async function sendAll(
  client: Client,
  requests: readonly Request[],
  { inflight, timeout }: Pick<CassandraOptions, 'inflight' | 'timeout'>,
): Promise<void> {
  const rest = requests.values()
  let failed = false

  async function lane(): Promise<void> {
    for (let next = rest.next(); !next.done && !failed; next = rest.next()) {
      try {
        await within(timeout, send(client, next.value))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(inflight, requests.length) }, lane))
}

function send(client: Client, request: Request): Promise<unknown> {
  const [{ query, params }] = request
  if (request.length === 1) return client.execute(query, [...params])
  return client.batch(
    request.map(each => ({ query: each.query, params: [...each.params] })),
    { prepare: true, logged: false },
  )
}

/** What `work` gives, or a timeout: the driver's own limits are per node it tries. */
function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(Object.assign(new Error(`no answer within ${milliseconds} ms`), { code: 'ETIMEDOUT' }))
    const limit = setTimeout(giveUp, milliseconds)
    work.finally(() => clearTimeout(limit)).then(resolve, reject)
  })
}
