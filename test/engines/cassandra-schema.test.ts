import { execFile } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { auth, Client } from 'cassandra-driver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildProgram } from '../../engine/programs/index.ts'
import { claim } from '../../roles/cassandra/cql/asked.ts'
import { runCql } from '../../roles/cassandra/cql/run.ts'
import { systemCopies } from '../../roles/cassandra/ring/index.ts'
import { writerOf } from '../../roles/cassandra/producers.ts'
import { schema, schemaKind } from '../../roles/cassandra/schema.ts'
import { alterCopies, replicationOf } from '../../roles/cassandra/system-keyspaces.ts'
import { readingTables } from '../../roles/cassandra/tables/readings.ts'
import { cassandraVars } from '../../roles/cassandra/vars.ts'
import type { CassandraKit } from './collector-support/cassandra-node.ts'
import { CassandraNode, cassandraKit, cassandraPossible, destroyRing } from './collector-support/cassandra-node.ts'

if (!cassandraPossible) console.warn('SKIPPED: schema of a real Cassandra: Java and Maven are missing (apt-get install maven)')

const address = '127.0.0.6'

describe.skipIf(!cassandraPossible)('schema of a real Cassandra', { timeout: 60_000 }, () => {
  let kit: CassandraKit
  let node: CassandraNode
  let cql: string
  let program: string

  beforeAll(async () => {
    ;({ path: program } = await buildProgram(fileURLToPath(new URL('../../roles/cassandra/cql/cql.ts', import.meta.url))))
    kit = await cassandraKit([address])
    node = new CassandraNode(kit, address, address, [0n])
    await node.start()
    cql = join(kit.directory, 'cql')
    writeFileSync(
      join(kit.directory, 'cql.json'),
      JSON.stringify({ host: address, port: kit.ports.cql, user: 'fleet', password: 'secret-one' }),
    )
    writeFileSync(cql, `#!/bin/sh\nexec env CQL_SETTINGS='${kit.directory}/cql.json' '${program}' "$@"\n`)
    chmodSync(cql, 0o755)
  }, 180_000)

  afterAll(async () => {
    if (kit) await destroyRing(kit, node ? [node] : [])
  })

  let writers = [writerOf('collector-p1', 'secret-two', 'a salt')]
  const specOf = (vars: object = {}) => {
    const parsed = cassandraVars.parse(vars)
    return schema({
      keyspace: parsed.keyspace,
      datacenter: 'dc1',
      replication: parsed.replication,
      tables: readingTables(parsed),
      admin: { user: 'fleet', password: 'secret-one' },
      writers,
      writersRead: parsed.producersRead,
    }).spec
  }

  /** The role's own shell text, with the test's `cql` where a Pi has its own. */
  const bash = (text: string) => promisify(execFile)('bash', ['-c', text.replaceAll('/usr/local/bin/cql', cql)])
  const ask = (statement: string) => promisify(execFile)(cql, ['-e', statement]).then(({ stdout }) => stdout.trim())

  async function told(vars?: object): Promise<string[]> {
    const spec = specOf(vars)
    // Where nobody can log in yet the question fails, as on a Pi.
    const { stdout } = await bash(`${schemaKind.ask([spec])}\ntrue`)
    return schemaKind.read(stdout, [spec]).flatMap(seen => schemaKind.compare(spec, seen, []).map(({ does }) => does))
  }

  /**
   * What acts of the role do on a Pi: the superuser, and copies of what the server keeps itself. cassandra-accounts.test.ts is about those.
   */
  async function admitted(): Promise<void> {
    const copies = Object.entries(systemCopies).map(([keyspace, count]) => alterCopies(keyspace, replicationOf('dc1', count)))
    await bash(`set -e\n${runCql([claim('fleet', 'secret-one'), ...copies], '--wait 60 ')}`)
  }

  async function made(vars?: object): Promise<void> {
    const spec = specOf(vars)
    const { stdout } = await bash(`${schemaKind.ask([spec])}\ntrue`)
    for (const seen of schemaKind.read(stdout, [spec]))
      for (const step of schemaKind.change(spec, seen, [])) {
        if (!('run' in step)) throw new Error('only shell text is wanted of one node')
        await bash(`set -e\n${step.run}`)
      }
  }

  test('empty: made, as the server understands it, and then unchanged', async () => {
    expect(await told()).toEqual([expect.stringContaining('table reading, table reading_by_day')])
    await admitted()
    await made()
    // What the server makes by itself may be there only now.
    if ((await told()).length) await made()
    expect(await told()).toEqual([])
    expect(
      await ask(
        `SELECT default_time_to_live, gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = 'temperature' AND table_name = 'reading_by_day'`,
      ),
    ).toBe('0\t864000')
  })

  test('drifted by hand: told and mended; rows stay', async () => {
    await ask(
      `INSERT INTO temperature.reading_by_day (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES ('here', '2024-01-01', '2024-01-01T12:00:00Z', '', 20)`,
    )
    await ask(`ALTER TABLE temperature.reading_by_day WITH compaction = {'class': 'SizeTieredCompactionStrategy'} AND gc_grace_seconds = 1`)
    expect(await told()).toEqual([
      'table reading_by_day: compaction SizeTieredCompactionStrategy → TimeWindowCompactionStrategy, compaction_window_unit DAYS, compaction_window_size 7',
      'table reading_by_day: gc_grace_seconds 1 → 864000',
    ])
    await made()
    expect(await told()).toEqual([])
    expect(await ask('SELECT reading_location FROM temperature.reading_by_day')).toBe('here')
  })

  /** What becomes of words of a producer. */
  async function as(user: string, password: string, statement: string): Promise<string> {
    const settings = join(kit.directory, `${user}.json`)
    writeFileSync(settings, JSON.stringify({ host: address, port: kit.ports.cql, user, password }))
    return promisify(execFile)(program, ['-e', statement], { env: { ...process.env, CQL_SETTINGS: settings } }).then(
      ({ stdout }) => stdout.trim(),
      (error: unknown) => (error as { stderr: string }).stderr.trim(),
    )
  }
  const row = (table: string) =>
    table === 'reading'
      ? `INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value) VALUES ('p1', '2024-01-01T12:00:00Z', '', 20)`
      : `INSERT INTO temperature.reading_by_day (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES ('p1', '2024-01-01', '2024-01-01T12:00:00Z', '', 20)`

  test('a producer has an account of its own that writes, and nothing else', async () => {
    expect(await as('collector-p1', 'secret-two', row('reading'))).toBe('')
    expect(await as('collector-p1', 'secret-two', row('reading_by_day'))).toBe('')
    for (const words of [
      'SELECT * FROM temperature.reading',
      'DROP TABLE temperature.reading',
      'ALTER TABLE temperature.reading ADD more text',
      'CREATE TABLE temperature.more (a text PRIMARY KEY)',
      'SELECT role FROM system_auth.roles',
      `ALTER ROLE "collector-p2" WITH PASSWORD = 'x'`,
    ])
      expect(await as('collector-p1', 'secret-two', words), words).toMatch(/no .*permission|sufficient privileges|not authorized/i)
  })

  test('another password, a right too many, a producer more, one less: told and mended', async () => {
    await ask('GRANT SELECT ON KEYSPACE temperature TO "collector-p1"')
    writers = [writerOf('collector-p1', 'secret-three', 'a salt'), writerOf('collector-p2', 'long enough to be drawn', 'a salt')]
    expect(await told()).toEqual([
      'give collector-p1 its password',
      'grant collector-p1 just MODIFY on reading and reading_by_day',
      'make the account collector-p2, which may write into reading and reading_by_day',
    ])
    await made()
    expect(await told()).toEqual([])
    expect(await as('collector-p1', 'secret-three', row('reading'))).toBe('')
    expect(await as('collector-p1', 'secret-two', row('reading'))).toMatch(/incorrect|credentials/i)
    expect(await as('collector-p1', 'secret-three', 'SELECT * FROM temperature.reading')).not.toBe('')
    expect(await as('collector-p2', 'long enough to be drawn', row('reading'))).toBe('')
    writers = writers.slice(0, 1)
    expect(await told()).toEqual(['drop the account collector-p2: no producer of the inventory'])
    await made()
    expect(await told()).toEqual([])
    expect(await told({ producersRead: true })).toEqual(['grant collector-p1 just MODIFY and SELECT on reading and reading_by_day'])
  })

  test('the account all had in common goes when each has come with its own, and not before', async () => {
    await ask(`CREATE ROLE collector WITH PASSWORD = 'shared' AND LOGIN = true`)
    await ask('GRANT MODIFY ON KEYSPACE temperature TO collector')
    await ask(`CREATE ROLE "collector-somebody" WITH PASSWORD = 'x' AND LOGIN = true`)
    expect(await told()).toEqual([])
    const agent = new Client({
      contactPoints: [`${address}:${kit.ports.cql}`],
      localDataCenter: 'dc1',
      authProvider: new auth.PlainTextAuthProvider('collector-p1', 'secret-three'),
    })
    await agent.connect()
    expect(await told()).toEqual(['drop the account collector: each producer has come with its own account'])
    await made()
    await agent.shutdown()
    expect(await told()).toEqual([])
    expect(await as('collector', 'shared', row('reading'))).toMatch(/incorrect|credentials/i)
    // Nobody knows whose it is.
    expect(await ask(`SELECT role FROM system_auth.roles WHERE role = 'collector-somebody'`)).toBe('collector-somebody')
  })

  // The longest retention: the server refuses rows that would expire after January 2038.
  test.each([
    [{ retention: 30 }, 30],
    [{ retention: 1825, window: 60 }, 1825],
    [{ retention: 90, compaction: 'Unified' }, 90],
  ])('another retention, %j: new rows expire, old ones do not', async (vars, days) => {
    expect(await told(vars)).toEqual(expect.arrayContaining([expect.stringContaining(`rows are kept ${days} days, not`)]))
    await made(vars)
    expect(await told(vars)).toEqual([])
    await ask(
      `INSERT INTO temperature.reading_by_day (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES ('new', '2024-01-01', '2024-01-01T12:00:00Z', '', 20)`,
    )
    const left = async (place: string) =>
      ask(`SELECT TTL(reading_value) FROM temperature.reading_by_day WHERE reading_location = '${place}' AND reading_day = '2024-01-01'`)
    expect(Number(await left('new'))).toBeGreaterThan(days * 86_400 - 60)
    expect(await left('here')).toBe('null')
  })

  test('back to none', async () => {
    await made()
    expect(await told()).toEqual([])
  })

  test('a table of another shape is told and left alone', async () => {
    await ask(
      'CREATE TABLE temperature.other (reading_location text, reading_day date, reading_date timestamp, reading_note text, reading_value float, PRIMARY KEY ((reading_location, reading_day), reading_date))',
    )
    expect(await told({ byDay: 'other' })).toEqual([
      'stop: table other has reading_value as float, not double',
      'stop: table other has the key ((reading_location, reading_day), reading_date ASC), not ((reading_location, reading_day), reading_date DESC)',
      'grant collector-p1 just MODIFY on reading and other',
    ])
    await expect(made({ byDay: 'other' })).rejects.toMatchObject({
      stderr: expect.stringMatching(/temperature\.other is left alone.*vars: cassandra: byDay: ….*run again\n$/) as string,
    })
    expect(await told()).toEqual([])
  })

  test('the examples of the documentation', async () => {
    const where = `FROM temperature.reading_by_day WHERE reading_location = 'producer1'`
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    for (const [minutes, value] of [
      [0, 50],
      [59, 49],
      [61, 48],
      [24 * 60 + 1, 40],
    ] as const)
      await ask(
        `INSERT INTO temperature.reading_by_day (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES ('producer1', '${at(minutes).slice(0, 10)}', '${at(minutes)}', '', ${value})`,
      )
    const hour = await ask(
      `SELECT reading_value ${where} AND reading_day IN (currentDate(), currentDate() - 1d) AND reading_date > currentTimestamp() - 1h`,
    )
    expect(hour.split('\n').sort()).toEqual(['49', '50'])
    expect(await ask(`SELECT reading_value ${where} AND reading_day = '${at(0).slice(0, 10)}' LIMIT 1`)).toBe('50')
    expect(
      await ask(
        `SELECT COUNT(*), MIN(reading_value), AVG(reading_value), MAX(reading_value) ${where} AND reading_day = '${at(24 * 60 + 1).slice(0, 10)}'`,
      ),
    ).toMatch(/^\d+\t40\t/)
    // As the demo counts.
    expect(
      await ask(
        `SELECT COUNT(*), MAX(reading_value) ${where} AND reading_day IN ('${at(0).slice(0, 10)}', '${at(24 * 60 + 1).slice(0, 10)}')`,
      ),
    ).toBe('4\t50')
    expect((await ask('SELECT DISTINCT reading_location, reading_day FROM temperature.reading_by_day')).split('\n').length).toBeGreaterThan(
      2,
    )
  })
})
