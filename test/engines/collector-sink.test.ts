import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Partitioners } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import { collectorEntry } from '../../collector/entry.ts'
import type { Reading } from '../../collector/reading.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { SinkProcess, until } from './collector-support/agent-process.ts'
import { mariadbInstalled, MariadbServer } from './collector-support/mariadb-server.ts'
import { destroyCluster } from './kafka-support/kafka-broker.ts'
import { ReadingTopic } from './kafka-support/reading-topic.ts'

const possible = mariadbInstalled && ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: a sink from a real Kafka to a real MariaDB: Java, Maven or mariadb-server is missing')

describe.skipIf(!possible)('a sink from a real Kafka to a real MariaDB', { timeout: 180_000 }, () => {
  let topic: ReadingTopic
  let server: MariadbServer
  let bundle: string
  const running: SinkProcess[] = []

  beforeAll(async () => {
    ;[topic, server, { path: bundle }] = await Promise.all([
      ReadingTopic.create('sink.mariadb', ['a', 'b']),
      MariadbServer.create(),
      buildProgram(collectorEntry),
    ])
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    await server.query("CREATE USER sink@'127.0.0.1'")
    await server.query("GRANT INSERT, SELECT ON temperature.reading TO sink@'127.0.0.1'")
  }, 180_000)
  // One that is left over would take partitions from the next.
  afterEach(async () => {
    await Promise.all(running.splice(0).map(each => each.end('SIGKILL')))
  })
  afterAll(async () => {
    await Promise.all([destroyCluster(topic.kit, [topic.broker]), server.destroy()])
  })

  function sink(name: string): SinkProcess {
    const to = { type: 'mariadb' as const, hosts: [`127.0.0.1:${server.port}`], user: 'sink', batch: 500, timeout: 2000 }
    const made = new SinkProcess(bundle, topic.kit.directory, name, topic.sinkConfig(name, to))
    running.push(made)
    return made
  }
  const made = (location: string, count: number, from = 0): readonly Reading[] =>
    Array.from({ length: count }, (_, index) => ({
      location,
      date: 1_700_000_000_000_000 + (from + index) * 1000,
      value: 20 + (index % 100) / 10,
      note: String(from + index + 1),
    }))
  const places = ['p1', 'p2', 'p3', 'p4']
  const stored = async () =>
    (await server.query<{ place: string; rows: number; numbers: number; last: number }>(
      'SELECT reading_location AS place, COUNT(*) AS `rows`, COUNT(DISTINCT reading_note) AS numbers, ' +
        'CAST(MAX(CAST(reading_note AS UNSIGNED)) AS INT) AS last FROM temperature.reading GROUP BY 1 ORDER BY 1',
    )) satisfies readonly object[]
  const count = async () => (await stored()).reduce((sum, { rows }) => sum + rows, 0)
  /** A place in a partition where none of these is. */
  function aloneBeside(others: readonly string[]): string {
    const count = topic.broker.member.vars.partitions ?? 12
    const choose = Partitioners.DefaultPartitioner()
    const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1 }) as never)
    const partitionOf = (key: string) => choose({ topic: '', partitionMetadata, message: { key, value: '' } })
    const taken = new Set(others.map(partitionOf))
    return Array.from({ length: 100 }, (_, index) => `alone${index}`).find(place => !taken.has(partitionOf(place))) ?? 'none'
  }
  const isWell = (of: SinkProcess) => until('the sink is in the group', async () => (await of.page('/healthz')).startsWith('ok\n'))
  const lagIs = (of: SinkProcess, lag: number) => until(`a lag of ${lag}`, async () => (await of.metric('sink_lag')) === lag)

  test('stores what was acknowledged, each once, with a sink killed and the database stopped in the middle; two share the work', async () => {
    const [a, b] = [sink('a'), sink('b')]
    await a.start()
    await isWell(a)
    // While it takes and writes: a producer that sends twice what may have been lost, too.
    const sending = Promise.all(places.map(place => topic.send(made(place, 4000)))).then(() => topic.send(made('p1', 1000)))
    await until('some are stored', async () => (await count()) > 1000)
    await a.end('SIGKILL')
    await b.start()
    await a.start()
    await until('b has its share', async () => (await b.metric('sink_partitions')) > 0)
    await server.stop()
    await topic.send(made('p5', 3000))
    const pages = () => Promise.all([a, b].map(each => each.page('/healthz')))
    await until('who has that partition knows that the database is away', async () =>
      (await pages()).some(page => /mariadb: away/.test(page)),
    )
    // Longer than a session: they stay in the group while they wait.
    await sleep(8000)
    for (const page of await pages()) expect(page.split('\n')[1]).toMatch(/^ {2}kafka: member of the group/)
    await server.start()
    await sending
    await until('all is stored', async () => (await count()) === 19_000)
    expect(await stored()).toEqual([
      ...places.map(place => ({ place, rows: 4000, numbers: 4000, last: 4000 })),
      expect.objectContaining({ place: 'p5', rows: 3000, numbers: 3000 }),
    ])
    await Promise.all([lagIs(a, 0), lagIs(b, 0)])
    expect((await a.metric('sink_partitions')) + (await b.metric('sink_partitions'))).toBe(topic.broker.member.vars.partitions ?? 12)
    // What was sent twice was no row twice.
    expect((await a.metric('sink_duplicates_total')) + (await b.metric('sink_duplicates_total'))).toBeGreaterThanOrEqual(1000)
    expect((await a.metric('sink_dead_letters_total')) + (await b.metric('sink_dead_letters_total'))).toBe(0)
    // It finishes, commits and leaves: the other has all at once, and nothing comes again.
    expect(await a.end('SIGTERM')).toBe(0)
    await until('b has all', async () => (await b.metric('sink_partitions')) === 12)
    await lagIs(b, 0)
    expect(await b.end('SIGTERM')).toBe(0)
  })

  const letters = (name: string, ...more: readonly string[]) =>
    execFileSync(process.execPath, [bundle, 'dead-letters', '--config', `${topic.kit.directory}/${name}.json`, ...more], {
      encoding: 'utf8',
    })

  test('what can never be stored is a dead letter with its reason, is shown, and is stored once it can be', async () => {
    const a = sink('a')
    await a.start()
    await isWell(a)
    const raw = await topic.raw()
    const long = 'x'.repeat(300)
    await raw.send({
      topic: 'temperature',
      messages: [
        { key: 'q', value: 'no reading' },
        { key: 'q', value: JSON.stringify({ date: 1_700_000_000_000_000, value: -300, note: '' }) },
        { key: 'q', value: JSON.stringify({ date: 1_700_000_000_000_000, value: 20, note: long }) },
        { key: null, value: '{}' },
      ],
    })
    await topic.send(made('q', 100, 1))
    await raw.disconnect()
    await until('the good ones are stored', async () => (await stored()).some(({ place, rows }) => place === 'q' && rows === 100))
    await until('four letters', async () => (await a.metric('sink_dead_letters_total')) === 4)
    await lagIs(a, 0)
    expect(await a.page('/healthz')).toMatch(/^ill\n[^]*! dead letters: 4, /)
    const shown = JSON.parse(letters('a', '--json')) as readonly { code: string; partition: number; offset: string; key: string | null }[]
    expect(shown.map(({ code }) => code).sort()).toEqual(['ER_DATA_TOO_LONG', 'IMPOSSIBLE_VALUE', 'NOT_A_READING', 'NOT_A_READING'])
    expect(new Set(shown.map(({ partition, offset }) => `${partition}:${offset}`)).size).toBe(4)
    expect(letters('a')).toContain('IMPOSSIBLE_VALUE: -300 °C is no temperature\n  key "q"')

    await server.query('ALTER TABLE temperature.reading MODIFY reading_note VARCHAR(400) CHARACTER SET utf8mb4 NOT NULL')
    expect(letters('a', '--replay')).toMatch(/^stored 1 of 4 dead letters\nstill refused:\n/)
    expect(await server.query(`SELECT reading_value AS value FROM temperature.reading WHERE reading_note = '${long}'`)).toEqual([
      { value: 20 },
    ])
    expect((JSON.parse(letters('a', '--json')) as readonly object[]).length).toBe(3)
    expect(await a.end('SIGTERM')).toBe(0)
  })

  test('what retention took before it was stored is told, and the rest is stored', async () => {
    await topic.forget(0)
    // Of a place that the group has stored readings of.
    await topic.send(made('p1', 50, 10_000))
    // And of one in whose partition there never was any.
    await topic.send(made(aloneBeside([...places, 'p5', 'q']), 45))
    expect(await topic.forget(20)).toBe(30 + 25)
    const a = sink('a')
    await a.start()
    await until('the rest is stored', async () => (await stored()).some(({ place, rows }) => place === 'p1' && rows === 4020))
    await until('it is told', async () => (await a.metric('sink_gone_total')) === 30 + 25)
    expect(await a.page('/healthz')).toMatch(/^ill\n[^]*! lost: records \d+ to \d+ of partition \d+ of temperature are gone/)
    expect(a.log).toMatch(/error: records \d+ to \d+ of partition \d+ of temperature are gone, and were not stored in mariadb/)
    expect(await a.end('SIGTERM')).toBe(0)
  })

  test('an account of a sink may not write the topic, nor read as another group', async () => {
    const client = topic.asSink('a')
    const producer = client.producer()
    await producer.connect()
    await expect(producer.send({ topic: 'temperature', messages: [{ key: 'x', value: 'y' }] })).rejects.toThrow(/not authorized/i)
    await producer.disconnect()
    const admin = client.admin()
    await admin.connect()
    await expect(admin.fetchOffsets({ groupId: 'other', topics: ['temperature'] })).rejects.toThrow(/group coordinator/)
    await admin.disconnect()
  })
})
