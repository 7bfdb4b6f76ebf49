import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import { collectorEntry } from '../../collector/entry.ts'
import type { Reading } from '../../collector/reading.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { SinkProcess, until } from './collector-support/agent-process.ts'
import { mariadbInstalled, MariadbServer } from './collector-support/mariadb-server.ts'
import { destroyCluster } from './kafka-support/kafka-broker.ts'
import { ReadingTopic } from './kafka-support/reading-topic.ts'

const possible = mariadbInstalled && ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
const total = Number(process.env['SINK_READINGS'] ?? 1_000_000)
const places = ['p1', 'p2', 'p3', 'p4']
const each = total / places.length
const minutes = 60_000

/** What happens meanwhile, when so large a part is in the table. */
const events = ['kill', 'broker', 'kill', 'database', 'kill', 'broker', 'kill', 'kill'] as const

describe.skipIf(!possible)(`${total} readings from Kafka to MariaDB`, { timeout: 60 * minutes }, () => {
  let topic: ReadingTopic
  let server: MariadbServer
  let sink: SinkProcess

  beforeAll(async () => {
    const [made, database, { path: bundle }] = await Promise.all([
      ReadingTopic.create('sink.mariadb', ['a']),
      MariadbServer.create(['--innodb-flush-log-at-trx-commit=2']),
      buildProgram(collectorEntry),
    ])
    ;[topic, server] = [made, database]
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    await server.query("CREATE USER sink@'127.0.0.1'")
    await server.query("GRANT INSERT, SELECT ON temperature.reading TO sink@'127.0.0.1'")
    const to = { type: 'mariadb' as const, hosts: [`127.0.0.1:${server.port}`], user: 'sink', batch: 1000 }
    sink = new SinkProcess(bundle, topic.kit.directory, 'a', topic.sinkConfig('a', to, { session: 10_000 }))
  }, 5 * minutes)
  afterAll(async () => {
    await sink.end('SIGKILL')
    await Promise.all([destroyCluster(topic.kit, [topic.broker]), server.destroy()])
  })

  /** Readings whose notes are their numbers, 1, 2, 3, … */
  const readings = (location: string, from: number, count: number): readonly Reading[] =>
    Array.from({ length: count }, (_, index) => {
      const number = from + index
      return { location, date: 1_700_000_000_000_000 + number * 1000, value: 20 + (number % 100) / 10, note: String(number) }
    })
  const stored = async () => {
    const [row] = await server.query<{ rows: number }>('SELECT COUNT(*) AS `rows` FROM temperature.reading')
    return row?.rows ?? 0
  }
  const tell = (text: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`)

  test('each is there once, by its number: the sink killed five times, the broker restarted twice, the database away for a minute', async () => {
    await sink.start()
    let acknowledged = 0
    const sending = Promise.all(
      places.map(async place => {
        for (let from = 1; from <= each; from += 5000) {
          const count = Math.min(5000, each - from + 1)
          await topic.send(readings(place, from, count))
          acknowledged += count
        }
      }),
    )
    const began = performance.now()
    let most = 0
    const watching = setInterval(() => {
      const status = spawnSync('grep', ['VmHWM', `/proc/${sink.pid}/status`], { encoding: 'utf8' }).stdout
      most = Math.max(most, Number(/\d+/.exec(status)?.[0] ?? 0))
    }, 1000)
    for (const [index, event] of events.entries()) {
      const due = Math.floor((total * (index + 1)) / (events.length + 1))
      await until(`${due} are stored`, async () => (await stored()) >= due, 900)
      tell(`${await stored()} stored, ${acknowledged} acknowledged: ${event}`)
      if (event === 'kill') {
        await sink.end('SIGKILL')
        await sink.start()
      } else if (event === 'broker') {
        await topic.broker.stop('SIGTERM')
        await topic.broker.start()
      } else {
        await server.stop()
        await sleep(60_000)
        await server.start()
      }
    }
    await sending
    await until('all are stored', async () => (await stored()) >= total, 1800)
    await until('nothing waits', async () => (await sink.metric('sink_lag')) === 0)
    clearInterval(watching)
    tell(`all ${total} after ${((performance.now() - began) / 1000).toFixed(0)} s; the sink held ${(most / 1024).toFixed(0)} MiB at most`)
    expect(acknowledged).toBe(total)
    const rows = await server.query(
      'SELECT reading_location AS place, COUNT(*) AS `rows`, COUNT(DISTINCT reading_note) AS numbers, ' +
        'CAST(MIN(CAST(reading_note AS UNSIGNED)) AS INT) AS first, CAST(MAX(CAST(reading_note AS UNSIGNED)) AS INT) AS last ' +
        'FROM temperature.reading GROUP BY 1 ORDER BY 1',
    )
    expect(rows).toEqual(places.map(place => ({ place, rows: each, numbers: each, first: 1, last: each })))
    expect(await sink.metric('sink_dead_letters_total')).toBe(0)
  })
})
