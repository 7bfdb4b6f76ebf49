import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CassandraConfig } from '../../collector/backends/cassandra.config.ts'
import { cassandraSchema } from '../../collector/backends/cassandra.config.ts'
import { readingTable } from '../../collector/backends/cassandra.schema.ts'
import { cassandraBackend } from '../../collector/backends/cassandra.ts'
import type { Backend } from '../../collector/backends/backend.ts'
import { buildCollector } from '../../collector/build.ts'
import type { CollectorConfig } from '../../collector/config.ts'
import type { LoadReport } from '../../collector/load/report.ts'
import { inspectQueue } from '../../collector/queue/inspect.ts'
import type { Reading } from '../../collector/reading.ts'
import { AgentProcess, until } from './collector-support/agent-process.ts'
import type { CassandraKit } from './collector-support/cassandra-node.ts'
import { CassandraNode, cassandraKit, cassandraPossible, destroyRing } from './collector-support/cassandra-node.ts'

if (!cassandraPossible) console.warn('SKIPPED: collector with a real Cassandra: Java and Maven are missing (apt-get install maven)')

const password = 'correct horse'
const addresses = ['127.0.0.2', '127.0.0.3'] as const
const accountsOn = (count: number): string => `ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': ${count}}`
const date = 1_700_000_000_123_000

describe.skipIf(!cassandraPossible)('collector with a real ring of Cassandra', { timeout: 180_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'collector-'))
  const agents: AgentProcess[] = []
  const backends: Backend[] = []
  let kit: CassandraKit
  let nodes: [CassandraNode, CassandraNode]
  let bundle: string

  beforeAll(async () => {
    ;({ path: bundle } = await buildCollector())
    kit = await cassandraKit(addresses)
    // A quarter of the ring and the rest: a client that takes nodes in turn would be seen.
    nodes = [new CassandraNode(kit, addresses[0], addresses[0], [-(2n ** 62n)]), new CassandraNode(kit, addresses[1], addresses[0], [2n ** 63n - 1n])]
    for (const node of nodes) await node.start()
    const [first] = nodes
    // Who may log in is known also while one of them is away. Refused until the first has heard that the second is there.
    await until('accounts are on both', () => first.query(accountsOn(2)).then(() => true, () => false))
    await first.nodetool('repair', '--full', 'system_auth')
    await first.query(`CREATE KEYSPACE temperature WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}`)
    await first.query(readingTable.replace('reading (', 'temperature.reading ('))
    await first.query(`CREATE ROLE collector WITH PASSWORD = '${password}' AND LOGIN = true`)
    await first.query('GRANT MODIFY ON TABLE temperature.reading TO collector')
    writeFileSync(join(directory, 'password'), `${password}\n`, { mode: 0o600 })
    writeFileSync(join(directory, 'sensor'), '48312\n')
  }, 180_000)

  afterAll(async () => {
    for (const agent of agents) await agent.end('SIGKILL')
    for (const backend of backends) await backend.close()
    if (kit) await destroyRing(kit, nodes)
    rmSync(directory, { recursive: true, force: true })
  })

  const settings = (change: Partial<CassandraConfig> = {}): CassandraConfig => cassandraSchema.parse({ type: 'cassandra', hosts: addresses, port: kit.ports.cql, ...change })

  function backend(change: Partial<CassandraConfig> = {}, secret = password): Backend {
    const made = cassandraBackend({ ...settings(change), password: () => secret })
    backends.push(made)
    return made
  }

  const readings = (location: string, count: number): Reading[] => Array.from({ length: count }, (_, i) => ({ location, date: date + i * 1000, value: i / 8, note: String(i + 1) }))

  interface Row {
    readonly reading_date: Date
    readonly reading_note: string
    readonly reading_value: number
  }

  const rowsOf = (location: string): Promise<Row[]> =>
    nodes[0].query<Row>(`SELECT reading_date, reading_note, reading_value FROM temperature.reading WHERE reading_location = '${location}' ALLOW FILTERING`)

  /** Numbers of the queue that the table has of a producer. */
  const numbersOf = async (location: string): Promise<number[]> => (await rowsOf(location)).map(row => Number(row.reading_note)).sort((a, b) => a - b)

  /** An agent whose readings carry their number in the queue, which has no gaps: the proof that none is missing. */
  function agent(location: string, change: Partial<CollectorConfig> = {}): AgentProcess {
    const made = new AgentProcess(bundle, directory, {
      location,
      note: '{sequence}',
      rate: 50,
      sensor: join(directory, 'sensor'),
      queue: { directory: join(directory, location) },
      deadLetters: join(directory, `${location}.dead`),
      metrics: { address: '127.0.0.1', port: 0 },
      backends: [{ type: 'cassandra', hosts: [...addresses], port: kit.ports.cql, timeout: 2000, passwordFile: join(directory, 'password') }],
      ...change,
    })
    agents.push(made)
    return made
  }

  /** The agent ends, having stored every reading of its queue once. */
  async function endComplete(each: AgentProcess, location: string, least: number): Promise<void> {
    await until('queue is empty', async () => (await each.metric('collector_queue_readings')) <= 1)
    expect(await each.end('SIGTERM')).toBe(0)
    const { last = 0, backends: left } = inspectQueue(join(directory, location), ['cassandra'])
    expect(last).toBeGreaterThan(least)
    expect(left).toMatchObject([{ length: 0 }])
    expect(await numbersOf(location)).toEqual(Array.from({ length: last }, (_, i) => i + 1))
  }

  test('what is stored is what was measured, also when it is stored twice', async () => {
    const target = backend()
    await target.connect()
    const odd: Reading[] = [
      { location: 'Küche ☀', date, value: -273.15, note: 'naïve “quotes” \'; DROP 🌡' },
      { location: 'Küche ☀', date: date + 1000, value: 0.1 + 0.2, note: '' },
    ]
    for (const _ of [1, 2]) expect(await target.store(odd)).toEqual({ duplicates: 0 })
    const rows = (await rowsOf('Küche ☀')).sort((a, b) => Number(a.reading_date) - Number(b.reading_date))
    expect(rows.map(row => [Number(row.reading_date) * 1000, row.reading_value, row.reading_note])).toEqual(odd.map(reading => [reading.date, reading.value, reading.note]))
  })

  test('each reading goes to the node that owns it', async () => {
    /** Writes a node was asked for by clients, and writes it did itself. */
    const counts = async (): Promise<{ asked: number; did: number }[]> => Promise.all(nodes.map(async node => {
      const count = async (table: string): Promise<number> =>
        Number((await node.query<{ count: unknown }>(`SELECT count FROM system_views.${table} WHERE keyspace_name = 'temperature' AND table_name = 'reading'`))[0]?.count ?? 0)
      return { asked: await count('coordinator_write_latency'), did: await count('local_write_latency') }
    }))
    const target = backend({ hosts: [addresses[0]] })
    await target.connect()
    const before = await counts()
    await target.store(readings('owned', 2000))
    const after = await counts()
    const [small, large] = after.map(({ asked, did }, i) => ({ asked: asked - (before[i]?.asked ?? 0), did: did - (before[i]?.did ?? 0) }))
    expect((small?.did ?? 0) + (large?.did ?? 0)).toBe(2000)
    expect(small?.did).toBeGreaterThan(400)
    expect(small?.did).toBeLessThan(600)
    expect([small?.asked, large?.asked]).toEqual([small?.did, large?.did])
    expect(await numbersOf('owned')).toHaveLength(2000)
  })

  test.each<[string, Partial<CassandraConfig>, string, string, string, string]>([
    ['a wrong password', {}, 'wrong', 'refused', 'BAD_CREDENTIALS', 'the password file must hold the password'],
    ['an unknown keyspace', { keyspace: 'nowhere' }, password, 'refused', 'NO_SUCH_KEYSPACE', 'create the keyspace'],
    ['an unknown table', { table: 'nothing' }, password, 'refused', 'NO_SUCH_TABLE', 'create the table'],
    ['an unknown datacenter', { datacenter: 'dc9' }, password, 'refused', 'BAD_ARGUMENT', 'nodetool status'],
    ['nobody there', { hosts: ['127.0.0.4'] }, password, 'transient', 'NO_HOST_AVAILABLE', ''],
    ['more copies than there are nodes', { consistency: 'three' }, password, 'transient', 'UNAVAILABLE', ''],
  ])('%s is told', async (_, change, secret, kind, code, remedy) => {
    const target = backend(change, secret)
    const error = await target.connect().then(() => target.store(readings('refused', 3))).then(() => undefined, (reason: unknown) => reason)
    const failure = target.classify(error)
    expect(failure).toMatchObject({ kind, code })
    expect(failure.remedy ?? '').toContain(remedy)
    expect(failure.message).not.toContain(secret)
  })

  test('a user without the right is told, and a key that is too long is the reading’s own fault', async () => {
    await nodes[0].query(readingTable.replace('reading (', 'temperature.locked ('))
    const locked = backend({ table: 'locked' })
    await locked.connect()
    const refusal = await locked.store(readings('x', 1)).catch((error: unknown) => locked.classify(error))
    expect(refusal).toMatchObject({ kind: 'refused', code: 'UNAUTHORIZED', remedy: 'GRANT MODIFY on the keyspace to this user' })
    const open = backend()
    await open.connect()
    const bad = await open.store(readings('x'.repeat(70_000), 1)).catch((error: unknown) => open.classify(error))
    expect(bad).toMatchObject({ kind: 'reading', code: 'INVALID_VALUE' })
  })

  test('a node stopped, killed and frozen: nothing is lost, nothing hangs', async () => {
    const each = agent('patient')
    await each.start()
    const stored = (): Promise<number> => each.metric('collector_stored_total')
    const goesOn = async (): Promise<void> => {
      const before = await stored()
      await until('deliveries go on', async () => (await stored()) > before + 50)
    }
    await goesOn()
    const [, large] = nodes
    await large.stop('SIGKILL')
    await until('readings wait', async () => (await each.metric('collector_queue_readings')) > 50)
    await until('it is told', async () => (await each.metric('collector_backend_up')) === 0)
    await large.start()
    await goesOn()
    const failed = await each.metric('collector_errors_total')
    large.freeze()
    try {
      await until('the time limits are over', async () => (await each.metric('collector_errors_total')) > failed + 1)
    } finally {
      large.resume()
    }
    await goesOn()
    await endComplete(each, 'patient', 300)
  })

  test('the agent follows a rotated password', async () => {
    writeFileSync(join(directory, 'rotated.password'), 'old')
    const each = agent('rotated', { backends: [{ type: 'cassandra', hosts: [...addresses], port: kit.ports.cql, passwordFile: join(directory, 'rotated.password') }] })
    await each.start()
    await until('the wrong password is refused', async () => (await each.page('/metrics')).includes('kind="refused",code="BAD_CREDENTIALS"'))
    expect(each.log).toContain('the password file must hold the password the database knows')
    writeFileSync(join(directory, 'rotated.password'), password)
    await endComplete(each, 'rotated', 20)
    expect(each.log).not.toContain(password)
  })

  test('the load tool stores what it says it stored', async () => {
    const run = promisify(execFile)
    const { stdout } = await run(
      process.execPath,
      [bundle, '--backend', 'cassandra', '--threads', '2', '--inflight', '8', '--duration', '3s', '--json', '--location', 'load', '--host', addresses.join(), '--port', String(kit.ports.cql), '--keyspace', 'temperature'],
      { env: { ...process.env, COLLECT_PASSWORD: password } },
    )
    const report = JSON.parse(stdout) as LoadReport
    const rows = await nodes[0].query<{ count: unknown }>(`SELECT COUNT(*) AS count FROM temperature.reading WHERE reading_location = 'load' ALLOW FILTERING`)
    expect(report).toMatchObject({ backend: 'cassandra', threads: 2, inflight: 8, duplicates: 0, errors: {}, stored: Number(rows[0]?.count) })
    expect(report.stored).toBeGreaterThan(100)
    expect(report.tps).toBeGreaterThan(0)
  })

  test('a node that leaves the ring takes nothing with it', async () => {
    const each = agent('moving')
    await each.start()
    await until('some are stored', async () => (await each.metric('collector_stored_total')) > 50)
    await nodes[0].query(accountsOn(1))
    await nodes[1].nodetool('decommission')
    await nodes[1].stop('SIGKILL')
    const left = await each.metric('collector_stored_total')
    await until('deliveries go on', async () => (await each.metric('collector_stored_total')) > left + 100)
    await endComplete(each, 'moving', 150)
    expect(await numbersOf('owned')).toHaveLength(2000)
  })
})
