import type { Backend } from '../../collector/backends/backend.ts'
import { cassandraClient } from '../../collector/backends/cassandra-client.ts'
import { cassandraSchema } from '../../collector/backends/cassandra.config.ts'
import { cassandraBackend } from '../../collector/backends/cassandra.ts'
import { createTable } from '../../roles/cassandra/tables/table.ts'
import { readingTables } from '../../roles/cassandra/tables/readings.ts'
import { cassandraVars } from '../../roles/cassandra/vars.ts'
import type { CassandraNode } from '../../test/engines/collector-support/cassandra-node.ts'

type Client = Awaited<ReturnType<typeof cassandraClient>>

/** The superuser every new ring has. */
export const account = 'cassandra'

/** The tables as the role makes them. */
export async function makeTables(node: CassandraNode): Promise<void> {
  await node.query(`CREATE KEYSPACE temperature WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}`)
  for (const table of readingTables(cassandraVars.parse({}))) await node.query(createTable('temperature', table).cql)
}

export async function emptyTables(node: CassandraNode): Promise<void> {
  for (const { name } of readingTables(cassandraVars.parse({}))) await node.query(`TRUNCATE temperature.${name}`)
}

/** The agent's own backend, and a client that asks. */
export class Store {
  readonly backend: Backend
  readonly client: Client

  private constructor(backend: Backend, client: Client) {
    this.backend = backend
    this.client = client
  }

  /** Does something with a store that is closed afterwards. */
  static async use<Value>(node: CassandraNode, work: (store: Store) => Promise<Value>, byDay = true): Promise<Value> {
    const store = await Store.#open(node, byDay)
    try {
      return await work(store)
    } finally {
      await Promise.all([store.backend.close(), store.client.shutdown()])
    }
  }

  static async #open(node: CassandraNode, byDay: boolean): Promise<Store> {
    const config = cassandraSchema.parse({
      type: 'cassandra',
      hosts: [node.address],
      port: node.port,
      user: account,
      ...(byDay && { byDay: 'reading_by_day' }),
    })
    const options = { ...config, password: () => account }
    const backend = cassandraBackend(options)
    const client = await cassandraClient(options)
    await Promise.all([backend.connect(), client.connect()])
    return new Store(backend, client)
  }
}
