import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CassandraConfig } from '../../collector/backends/cassandra/config.ts'
import { cassandraSchema } from '../../collector/backends/cassandra/config.ts'
import { readingByDayTable, readingTable } from '../../collector/backends/cassandra/tables.ts'
import { cassandraBackend } from '../../collector/backends/cassandra/backend.ts'
import type { Backend } from '../../collector/backends/backend.ts'
import { collectorEntry } from '../../collector/entry.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import type { CollectorConfig } from '../../collector/config.ts'
import type { LoadReport } from '../../collector/load/report.ts'
import type { Checkpoint } from '../../collector/backends/cassandra/copy/checkpoint.ts'
import { inspectQueue } from '../../collector/queue/inspect.ts'
import type { Reading } from '../../collector/reading.ts'
import { AgentProcess, until } from './collector-support/agent-process.ts'
import type { CassandraKit } from './collector-support/cassandra-node.ts'
import { CassandraNode, cassandraKit, cassandraPossible, destroyRing } from './collector-support/cassandra-node.ts'

if (!cassandraPossible) console.warn('SKIPPED: collector with a real Cassandra: Java and Maven are missing (apt-get install maven)')

const password = 'correct horse'
const addresses = ['127.0.0.2', '127.0.0.3'] as const
const accountsOn = (count: number): string =>
  `ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': ${count}}`
const date = 1_700_000_000_123_000

describe.skipIf(!cassandraPossible)('collector with a real ring of Cassandra', { timeout: 180_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'collector-'))
  const agents: AgentProcess[] = []
  const backends: Backend[] = []
  let kit: CassandraKit
  let nodes: [CassandraNode, CassandraNode]
  let bundle: string

  beforeAll(async () => {
    ;({ path: bundle } = await buildProgram(collectorEntry))
    kit = await cassandraKit(addresses)
    // A quarter of the ring and the rest: a client that takes nodes in turn would be seen.
    nodes = [
      new CassandraNode(kit, addresses[0], addresses[0], [-(2n ** 62n)]),
      new CassandraNode(kit, addresses[1], addresses[0], [2n ** 63n - 1n]),
    ]
    for (const node of nodes) await node.start()
    const [first] = nodes
    // Who may log in is known also while one of them is away. Refused until the first has heard that the second is there.
    await until('accounts are on both', () =>
      first.query(accountsOn(2)).then(
        () => true,
        () => false,
      ),
    )
    await first.nodetool('repair', '--full', 'system_auth')
    await first.query(`CREATE KEYSPACE temperature WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}`)
    await first.query(readingTable.replace('reading (', 'temperature.reading ('))
    await first.query(readingByDayTable.replace('reading_by_day (', 'temperature.reading_by_day ('))
    await first.query(`CREATE ROLE collector WITH PASSWORD = '${password}' AND LOGIN = true`)
    await first.query('GRANT MODIFY ON KEYSPACE temperature TO collector')
    await first.query('GRANT SELECT ON KEYSPACE temperature TO collector')
    writeFileSync(join(directory, 'password'), `${password}\n`, { mode: 0o600 })
    writeFileSync(join(directory, 'sensor'), '48312\n')
  }, 180_000)

  afterAll(async () => {
    for (const agent of agents) await agent.end('SIGKILL')
    for (const backend of backends) await backend.close()
    if (kit) await destroyRing(kit, nodes)
    rmSync(directory, { recursive: true, force: true })
  })

  const settings = (change: Partial<CassandraConfig> = {}): CassandraConfig =>
    cassandraSchema.parse({ type: 'cassandra', hosts: addresses, port: kit.ports.cql, byDay: 'reading_by_day', ...change })

  function backend(change: Partial<CassandraConfig> = {}, secret = password): Backend {
    const made = cassandraBackend({ ...settings(change), password: () => secret })
    backends.push(made)
    return made
  }

  const readings = (location: string, count: number): Reading[] =>
    Array.from({ length: count }, (_, i) => ({ location, date: date + i * 1000, value: i / 8, note: String(i + 1) }))

  interface Row {
    readonly reading_date: Date
    readonly reading_note: string
    readonly reading_value: number
  }

  const rowsOf = (location: string): Promise<Row[]> =>
    nodes[0].query<Row>(
      `SELECT reading_date, reading_note, reading_value FROM temperature.reading WHERE reading_location = '${location}' ALLOW FILTERING`,
    )

  /** What the table by day has of a producer, partition after partition, as a reader of it asks. */
  async function rowsByDay(location: string): Promise<Row[]> {
    const partitions = await nodes[0].query<{ reading_location: string; reading_day: { toString(): string } }>(
      'SELECT DISTINCT reading_location, reading_day FROM temperature.reading_by_day',
    )
    const days = partitions.filter(each => each.reading_location === location).map(each => `'${each.reading_day.toString()}'`)
    if (days.length === 0) return []
    return nodes[0].query<Row>(
      `SELECT reading_date, reading_note, reading_value FROM temperature.reading_by_day WHERE reading_location = '${location}' AND reading_day IN (${days.join(', ')})`,
    )
  }

  const numbers = (rows: readonly Row[]): number[] => rows.map(row => Number(row.reading_note)).sort((a, b) => a - b)

  /** Numbers of the queue that the tables have of a producer. */
  const numbersOf = async (location: string): Promise<number[]> => numbers(await rowsOf(location))
  const numbersByDay = async (location: string): Promise<number[]> => numbers(await rowsByDay(location))

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
      backends: [
        {
          type: 'cassandra',
          hosts: [...addresses],
          port: kit.ports.cql,
          timeout: 2000,
          byDay: 'reading_by_day',
          passwordFile: join(directory, 'password'),
        },
      ],
      ...change,
    })
    agents.push(made)
    return made
  }

  /** The agent ends, having stored every reading of its queue once in each table. */
  async function endComplete(each: AgentProcess, location: string, least: number): Promise<void> {
    await until('queue is empty', async () => (await each.metric('collector_queue_readings')) <= 1)
    expect(await each.end('SIGTERM')).toBe(0)
    const { last = 0, backends: left } = inspectQueue(join(directory, location), ['cassandra'])
    expect(last).toBeGreaterThan(least)
    expect(left).toMatchObject([{ length: 0 }])
    const all = Array.from({ length: last }, (_, i) => i + 1)
    expect(await numbersOf(location)).toEqual(all)
    expect(await numbersByDay(location)).toEqual(all)
  }

  test('what is stored is what was measured, also when it is stored twice', async () => {
    const target = backend()
    await target.connect()
    const odd: Reading[] = [
      { location: 'Küche ☀', date, value: -273.15, note: "naïve “quotes” '; DROP 🌡" },
      { location: 'Küche ☀', date: date + 1000, value: 0.1 + 0.2, note: '' },
    ]
    for (const _ of [1, 2]) expect(await target.store(odd)).toEqual({ duplicates: 0 })
    for (const stored of [await rowsOf('Küche ☀'), await rowsByDay('Küche ☀')]) {
      const rows = stored.sort((a, b) => Number(a.reading_date) - Number(b.reading_date))
      expect(rows.map(row => [Number(row.reading_date) * 1000, row.reading_value, row.reading_note])).toEqual(
        odd.map(reading => [reading.date, reading.value, reading.note]),
      )
    }
  })

  test('by day: each day apart, newest first; nothing where the config names no second table', async () => {
    const target = backend()
    await target.connect()
    const midnight = Date.UTC(2024, 1, 29) * 1000
    await target.store([-2, -1, 0, 1].map(i => ({ location: 'midnight', date: midnight + i * 1000, value: i, note: String(i) })))
    const of = (day: string) =>
      nodes[0]
        .query<Row>(`SELECT reading_note FROM temperature.reading_by_day WHERE reading_location = 'midnight' AND reading_day = '${day}'`)
        .then(rows => rows.map(row => row.reading_note))
    expect([await of('2024-02-28'), await of('2024-02-29')]).toEqual([
      ['-1', '-2'],
      ['1', '0'],
    ])
    const older = backend({ byDay: undefined })
    await older.connect()
    await older.store(readings('older', 3))
    expect([(await rowsOf('older')).length, (await rowsByDay('older')).length]).toEqual([3, 0])
  })

  test('a reading is stored only when both tables have it', async () => {
    const target = backend({ byDay: 'not_there_yet' })
    await target.connect()
    const failure = await target.store(readings('half', 3)).catch((error: unknown) => target.classify(error))
    expect(failure).toMatchObject({ kind: 'refused', code: 'NO_SUCH_TABLE', remedy: expect.stringContaining('create the table') as string })
  })

  /** Writes each node was asked for by clients, and writes it did itself. */
  const writes = (name: string): Promise<{ asked: number; did: number }[]> =>
    Promise.all(
      nodes.map(async node => {
        const count = async (view: string): Promise<number> =>
          Number(
            (
              await node.query<{ count: unknown }>(
                `SELECT count FROM system_views.${view} WHERE keyspace_name = 'temperature' AND table_name = '${name}'`,
              )
            )[0]?.count ?? 0,
          )
        return { asked: await count('coordinator_write_latency'), did: await count('local_write_latency') }
      }),
    )

  test('the readings of one day go to the node that owns the day, some hundred in one write', async () => {
    const target = backend({ hosts: [addresses[0]] })
    await target.connect()
    const before = await writes('reading_by_day')
    for (let day = 0; day < 20; day++)
      await target.store(readings('days', 300).map(reading => ({ ...reading, date: reading.date + day * 86_400_000_000 })))
    const after = await writes('reading_by_day')
    const [small, large] = after.map(({ asked, did }, i) => ({ asked: asked - (before[i]?.asked ?? 0), did: did - (before[i]?.did ?? 0) }))
    expect((small?.did ?? 0) + (large?.did ?? 0)).toBe(2 * 20)
    expect(small?.did).toBeGreaterThan(0)
    expect([small?.asked, large?.asked]).toEqual([small?.did, large?.did])
    expect(await rowsByDay('days')).toHaveLength(20 * 300)
  })

  test('each reading goes to the node that owns it', async () => {
    const counts = () => writes('reading')
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
    const error = await target
      .connect()
      .then(() => target.store(readings('refused', 3)))
      .then(
        () => undefined,
        (reason: unknown) => reason,
      )
    const failure = target.classify(error)
    expect(failure).toMatchObject({ kind, code })
    expect(failure.remedy ?? '').toContain(remedy)
    expect(failure.message).not.toContain(secret)
  })

  test('a user without the right is told, and a key that is too long is the reading’s own fault', async () => {
    await nodes[0].query(`CREATE KEYSPACE locked WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}`)
    await nodes[0].query(readingTable.replace('reading (', 'locked.reading ('))
    const locked = backend({ keyspace: 'locked', byDay: undefined })
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

  test('the agent killed in between: each reading is in both tables, once', async () => {
    const each = agent('killed', { rate: 200 })
    for (let kill = 1; kill <= 4; kill++) {
      await each.start()
      await until('some are stored', async () => (await each.metric('collector_stored_total')) > 60)
      await each.end('SIGKILL')
    }
    await each.start()
    await endComplete(each, 'killed', 240)
  })

  test('the agent follows a rotated password', async () => {
    writeFileSync(join(directory, 'rotated.password'), 'old')
    const each = agent('rotated', {
      backends: [
        {
          type: 'cassandra',
          hosts: [...addresses],
          port: kit.ports.cql,
          byDay: 'reading_by_day',
          passwordFile: join(directory, 'rotated.password'),
        },
      ],
    })
    await each.start()
    await until('the wrong password is refused', async () =>
      (await each.page('/metrics')).includes('kind="refused",code="BAD_CREDENTIALS"'),
    )
    expect(each.log).toContain('the password file must hold the password the database knows')
    writeFileSync(join(directory, 'rotated.password'), password)
    await endComplete(each, 'rotated', 20)
    expect(each.log).not.toContain(password)
  })

  test('the load tool stores what it says it stored', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        bundle,
        '--backend',
        'cassandra',
        '--threads',
        '2',
        '--inflight',
        '8',
        '--duration',
        '3s',
        '--json',
        '--location',
        'load',
        '--host',
        addresses.join(),
        '--port',
        String(kit.ports.cql),
        '--keyspace',
        'temperature',
      ],
      { env: { ...process.env, COLLECT_PASSWORD: password } },
    )
    const report = JSON.parse(stdout) as LoadReport
    expect(report).toMatchObject({
      backend: 'cassandra',
      threads: 2,
      inflight: 8,
      duplicates: 0,
      errors: {},
      stored: await count('load', 'reading'),
    })
    expect(report.stored).toBeGreaterThan(100)
    expect(report.tps).toBeGreaterThan(0)
    expect(await rowsByDay('load')).toHaveLength(report.stored)
  })

  const progress = join(directory, 'copy.json')

  /** The command that copies into the second table, as a producer runs it. */
  const copyOf = (location: string) => {
    const { configPath } = agent(location)
    return (...more: string[]) =>
      promisify(execFile)(process.execPath, [bundle, 'copy-by-day', '--config', configPath, '--progress', progress, ...more])
  }

  const count = async (location: string, name: string): Promise<number> =>
    Number(
      (
        await nodes[0].query<{ count: unknown }>(
          `SELECT COUNT(*) AS count FROM temperature.${name} WHERE reading_location = '${location}' ALLOW FILTERING`,
        )
      )[0]?.count,
    )

  test('readings from before the second table are copied into it, also when that is cut off; nothing newer or deleted comes back', async () => {
    const before = backend({ byDay: undefined })
    await before.connect()
    await before.store(readings('former', 2500))
    await nodes[0].query(
      `INSERT INTO temperature.reading_by_day (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES ('former', '2023-11-14', ${date / 1000}, '1', 99)`,
    )
    await nodes[0].query(
      `DELETE FROM temperature.reading_by_day WHERE reading_location = 'former' AND reading_day = '2023-11-14' AND reading_date = ${date / 1000 + 1}`,
    )
    const copy = copyOf('former')
    const cut = copy('--rate', '700')
    await until(
      'some pages are copied',
      async () => existsSync(progress) && (JSON.parse(readFileSync(progress, 'utf8')) as Checkpoint).rows > 800,
    )
    cut.child.kill('SIGKILL')
    await cut.catch(() => {})
    const copied = await count('former', 'reading_by_day')
    const all = Number((await nodes[0].query<{ count: unknown }>('SELECT COUNT(*) AS count FROM temperature.reading'))[0]?.count)
    expect(await copy('--rate', '1000000')).toMatchObject({
      stdout: `copied ${all} rows of temperature.reading to temperature.reading_by_day\n`,
    })
    expect(existsSync(progress)).toBe(false)
    expect(copied).toBeLessThan(2499)
    const rows = await rowsByDay('former')
    expect(numbers(rows)).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1).filter(number => number !== 2))
    expect(rows.find(row => row.reading_note === '1')?.reading_value).toBe(99)
  })

  test('a copy keeps to the retention: it counts from when a reading was stored', async () => {
    const before = backend({ byDay: undefined })
    await before.connect()
    await before.store(readings('kept', 3))
    const old = (Date.now() - 25 * 3600_000) * 1000
    await nodes[0].query(
      `INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value) VALUES ('gone', ${date / 1000}, '', 1) USING TIMESTAMP ${old}`,
    )
    await nodes[0].query(
      `INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value) VALUES ('halfway', ${date / 1000}, '', 1) USING TIMESTAMP ${old + 13 * 3600_000_000}`,
    )
    await nodes[0].query('ALTER TABLE temperature.reading_by_day WITH default_time_to_live = 86400')
    expect((await copyOf('kept')('--rate', '1000000')).stdout).toMatch(/; 1 are older than it keeps rows, and were left out\n$/)
    const hours = async (location: string): Promise<number[]> =>
      (
        await nodes[0].query<{ left: number }>(
          `SELECT TTL(reading_value) AS left FROM temperature.reading_by_day WHERE reading_location = '${location}' AND reading_day = '2023-11-14'`,
        )
      ).map(row => Math.round(row.left / 3600))
    expect([await hours('kept'), await hours('halfway'), await hours('gone')]).toEqual([[24, 24, 24], [12], []])
    await nodes[0].query('ALTER TABLE temperature.reading_by_day WITH default_time_to_live = 0')
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
