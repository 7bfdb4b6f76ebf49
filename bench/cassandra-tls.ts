// What TLS costs with Cassandra, and what a login costs by the hash of its password: the same work in two ways, in turn, with a real server on the loopback
// interface that takes both.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { connected, end } from '../collector/backends/cassandra.ts'
import { cassandraSchema } from '../collector/backends/cassandra.config.ts'
import { collectorEntry } from '../collector/entry.ts'
import type { LoadReport } from '../collector/load/report.ts'
import { buildProgram } from '../engine/programs/index.ts'
import { tlsSettings } from '../roles/cassandra/config/tls.ts'
import { writerOf, writersCql } from '../roles/cassandra/producers.ts'
import { createTable } from '../roles/cassandra/tables/table.ts'
import { readingTables } from '../roles/cassandra/tables/readings.ts'
import { cassandraVars } from '../roles/cassandra/vars.ts'
import { CassandraNode, cassandraKit, destroyRing } from '../test/engines/collector-support/cassandra-node.ts'
import { Certificates } from '../test/engines/collector-support/certificates.ts'
import { compareOf, cpuOf, heading, type Round } from './pairs.ts'

interface Way {
  readonly tls: boolean
  /** Its password is known by a hash of so many rounds, as a power of two. */
  readonly cost: 4 | 10
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    connects: { type: 'string', default: '40' },
  },
})
const [rounds, seconds, connects] = [values.rounds, values.seconds, values.connects].map(Number) as [number, number, number]
const address = '127.0.0.71'
const directory = mkdtempSync(join(tmpdir(), 'bench-cassandra-tls-'))
const fleet = await Certificates.make(directory, 'bench')
const kit = await cassandraKit([address])
const node = new CassandraNode(kit, address, address, [0n])
/** One of each length: see `writerOf`. */
const passwords = { 4: 'benchbenchbenchbenchbenchbench', 10: 'bench' } as const
const userOf = ({ cost }: Way) => `collector-cost${cost}`
const { path: bundle } = await buildProgram(collectorEntry)

try {
  node.set(tlsSettings('prefer', { own: await fleet.of('node', [address]), ca: fleet.ca }))
  await node.start()
  await node.query(`CREATE KEYSPACE temperature WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}`)
  const tables = readingTables(cassandraVars.parse({}))
  for (const table of tables) await node.query(createTable('temperature', table).cql)
  const rights = { keyspace: 'temperature', tables: tables.map(({ name }) => name), read: false }
  const writers = ([4, 10] as const).map(cost => writerOf(userOf({ tls: false, cost }), passwords[cost], 'salt'))
  for (const { cql } of writersCql(writers, rights, undefined)) await node.query(cql)
  const compare = compareOf<Way>(rounds)
  console.log(heading(rounds))
  const clear: Way = { tls: false, cost: 4 }
  await compare('readings a second, 1 in flight: clear, TLS', way => inserts(way, 1), clear, { ...clear, tls: true })
  await compare('readings a second, 32 in flight: clear, TLS', way => inserts(way, 32), clear, { ...clear, tls: true })
  await compare('connects a second: clear, TLS', logins, clear, { ...clear, tls: true })
  await compare('connects a second: hash of cost 10, of cost 4', logins, { ...clear, cost: 10 }, clear)
} finally {
  await destroyRing(kit, [node])
  rmSync(directory, { recursive: true, force: true })
}

async function inserts(way: Way, inflight: number): Promise<Round> {
  const began = cpuOf(node.pid)
  const flags = {
    backend: 'cassandra',
    inflight: String(inflight),
    duration: `${seconds}s`,
    location: 'bench',
    user: userOf(way),
    host: `${address}:${node.port}`,
    port: String(node.port),
    ...(way.tls && { ca: fleet.ca }),
  }
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, ...words, '--json'], {
    env: { ...process.env, COLLECT_PASSWORD: passwords[way.cost] },
  })
  const { tps, stored } = JSON.parse(stdout) as LoadReport
  return { rate: tps, server: ((cpuOf(node.pid) - began) * 1000) / stored }
}

async function logins(way: Way): Promise<Round> {
  const config = cassandraSchema.parse({
    type: 'cassandra',
    hosts: [`${address}:${node.port}`],
    port: node.port,
    user: userOf(way),
    ...(way.tls && { tls: { ca: fleet.ca } }),
  })
  const [before, began] = [cpuOf(node.pid), performance.now()]
  for (let time = 0; time < connects; time++) await end(await connected({ ...config, password: () => passwords[way.cost] }))
  return { rate: (connects * 1000) / (performance.now() - began), server: ((cpuOf(node.pid) - before) * 1000) / connects }
}
