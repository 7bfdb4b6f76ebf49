import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import { mqttBackend } from '../../collector/backends/mqtt/backend.ts'
import { mqttSchema } from '../../collector/backends/mqtt/config.ts'
import { credentialsOf } from '../../collector/backends/mqtt/credentials.ts'
import { classifyMqttError } from '../../collector/backends/mqtt/errors.ts'
import { openSession } from '../../collector/backends/mqtt/session.ts'
import type { Backend } from '../../collector/backends/backend.ts'
import { collectorEntry } from '../../collector/entry.ts'
import type { Reading } from '../../collector/reading.ts'
import type { SinkConfig } from '../../collector/sink/config.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { SinkProcess, until } from './collector-support/agent-process.ts'
import { mariadbInstalled, MariadbServer } from './collector-support/mariadb-server.ts'
import { haveMosquitto, Mosquitto } from './mqtt-support/mosquitto.ts'

const possible = haveMosquitto && mariadbInstalled
if (!possible) console.warn('SKIPPED: the fleet’s own broker of MQTT with a real MariaDB: mosquitto or mariadb-server is missing')

const made = (location: string, count: number, from = 0): readonly Reading[] =>
  Array.from({ length: count }, (_, index) => ({
    location,
    date: 1_700_000_000_000_000 + (from + index) * 1000,
    value: 20 + (index % 100) / 10,
    note: String(from + index + 1),
  }))

describe.skipIf(!possible)('a broker as the role mosquitto makes it', { timeout: 180_000 }, () => {
  let broker: Mosquitto
  let server: MariadbServer
  let bundle: string
  const running: SinkProcess[] = []

  beforeAll(async () => {
    ;[broker, server, { path: bundle }] = await Promise.all([
      Mosquitto.asRole({ producers: ['p1', 'p2', 'p3'], sinks: ['a'] }),
      MariadbServer.create(),
      buildProgram(collectorEntry),
    ])
    await broker.start()
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    await server.query("CREATE USER sink@'127.0.0.1'")
    await server.query("GRANT INSERT, SELECT ON temperature.reading TO sink@'127.0.0.1'")
  }, 180_000)
  afterEach(async () => {
    await Promise.all(running.splice(0).map(each => each.end('SIGKILL')))
  })
  afterAll(async () => {
    await Promise.all([broker?.destroy(), server?.destroy()])
  })

  const tls = () => ({ ca: broker.certificates.ca, name: '127.0.0.1' })
  async function producer(thing: string, change: object = {}): Promise<Backend & { readonly own: string }> {
    const certificate = await broker.certificates.of(thing, [thing])
    const config = mqttSchema.parse({ type: 'mqtt', hosts: [`127.0.0.1:${broker.port}`], certificate, tls: tls(), thing, ...change })
    return Object.assign(mqttBackend({ ...config, credentials: () => credentialsOf(config), classify: classifyMqttError }), {
      own: certificate,
    })
  }
  /** Sends until it is acknowledged, as the agent does. */
  async function send(from: Backend, readings: readonly Reading[]): Promise<void> {
    for (let at = 0; at < readings.length; at += from.maxBatch)
      await until('it is taken', async () => {
        try {
          await from.store(readings.slice(at, at + from.maxBatch))
          return true
        } catch {
          await from.close()
          await from.connect().catch(() => {})
          return false
        }
      })
  }
  /** What comes of connecting and sending. */
  async function outcome(of: Backend, readings = made('p1', 1)) {
    try {
      await of.connect()
      await of.store(readings)
      return 'stored'
    } catch (error) {
      return of.classify(error)
    } finally {
      await of.close()
    }
  }
  async function sink(name: string, certificate?: string): Promise<SinkProcess> {
    const config: SinkConfig = {
      from: {
        type: 'mqtt',
        hosts: [`127.0.0.1:${broker.port}`],
        certificate: certificate ?? (await broker.certificates.of(`sink.${name}`, [name])),
        tls: tls(),
        id: `sink.${name}`,
        timeout: 2000,
        deadLetters: join(broker.directory, 'dead.jsonl'),
      },
      to: { type: 'mariadb', hosts: [`127.0.0.1:${server.port}`], user: 'sink', batch: 500, timeout: 2000 },
      metrics: { address: '127.0.0.1', port: 0 },
    }
    const of = new SinkProcess(bundle, broker.directory, name, config)
    running.push(of)
    return of
  }
  const isWell = (of: SinkProcess) =>
    until('the sink has subscribed', async () => /^ok\n {2}mqtt: subscribed/.test(await of.page('/healthz')))
  const rows = async () =>
    await server.query<{ place: string; rows: number; numbers: number; last: number }>(
      'SELECT reading_location AS place, COUNT(*) AS `rows`, COUNT(DISTINCT reading_note) AS numbers, ' +
        'CAST(MAX(CAST(reading_note AS UNSIGNED)) AS INT) AS last FROM temperature.reading GROUP BY 1 ORDER BY 1',
    )
  const count = async () => (await rows()).reduce((sum, each) => sum + each.rows, 0)

  test('before any sink has subscribed readings stay where they are: the broker would throw them away', async () => {
    expect(await outcome(await producer('p1'))).toMatchObject({ kind: 'transient', code: 'NO_SUBSCRIBER' })
    const a = await sink('a')
    await a.start()
    await isWell(a)
    expect(await a.end('SIGTERM')).toBe(0)
    // It is away now, and they are kept for it.
    expect(await outcome(await producer('p1'))).toBe('stored')
  })

  test('a producer publishes below its own topic and is refused elsewhere; who is in no list may do nothing', async () => {
    expect(await outcome(await producer('p1'))).toBe('stored')
    for (const topic of ['temperature/p2/reading', 'temperature/p1', 'temperature/p1/reading/more', '$SYS/x'])
      expect(await outcome(await producer('p1', { topic }))).toMatchObject({ kind: 'refused', code: 'NOT_AUTHORIZED' })
    expect(await outcome(await producer('stranger'))).toMatchObject({ kind: 'refused', code: 'NOT_AUTHORIZED' })
  })

  test('another certificate is put in the place of the one before: the connection ends, and the next shows the new one', async () => {
    const from = await producer('p1')
    await from.connect()
    expect(from.certificate).toBeUndefined()
    await from.store(made('p1', 1))
    const before = from.certificate?.fingerprint
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    renameSync(await broker.certificates.of('p1', ['p1']), from.own)
    const sends = async () => {
      for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) await from.store(made('p1', 1))
    }
    expect(from.classify(await sends().catch((error: unknown) => error))).toMatchObject({ kind: 'transient', code: 'NEW_CERTIFICATE' })
    expect(from.certificate?.fingerprint).toBe(before)
    await from.close()
    await from.connect()
    await from.store(made('p1', 1))
    expect(from.certificate?.fingerprint).not.toBe(before)
    // Its CA dates it back to 2020.
    expect(Math.abs((from.certificate?.issued ?? 0) - Date.now() / 1000)).toBeLessThan(120)
    await from.close()
  })

  test('nobody takes the place of another by calling itself so', async () => {
    const [one, other] = [await producer('p1'), await producer('p2')]
    await one.connect()
    const certificate = other.own
    const session = await openSession(
      credentialsOf(mqttSchema.parse({ type: 'mqtt', hosts: [`127.0.0.1:${broker.port}`], certificate, tls: tls(), thing: 'p2' })),
      'p1',
      2000,
    )
    await one.store(made('p1', 1, 1))
    await expect(session.publish('temperature/p1/reading', ['x'], 1)).rejects.toThrow()
    session.end()
    await one.close()
  })

  test('a revoked certificate: its live session ends with the restart, and it is refused; others come back', async () => {
    const [lost, kept] = [await producer('p3'), await producer('p3')]
    await lost.connect()
    await lost.store(made('p3', 1))
    await broker.revoke(new X509Certificate(readFileSync(lost.own, 'utf8').replace(/^[^]*?(?=-----BEGIN CERT)/, '')).serialNumber)
    await broker.end('SIGTERM')
    await broker.start()
    await expect(lost.store(made('p3', 1, 1))).rejects.toThrow()
    await lost.close()
    expect(await outcome(lost)).toMatchObject({ kind: 'refused', code: 'CERTIFICATE_REFUSED' })
    expect(await outcome(kept, made('p3', 1))).toBe('stored')
  })

  test('a sink stores each reading once, with the broker restarted, the sink killed and the database away', async () => {
    const a = await sink('a')
    await a.start()
    await until('it has what came before', async () => (await count()) >= 3)
    await sleep(300)
    await server.query('TRUNCATE temperature.reading')
    const places = ['p1', 'p2']
    const producers = await Promise.all(places.map(place => producer(place, { batch: 20 })))
    const sending = Promise.all(producers.map((from, index) => send(from, made(places[index] ?? '', 4000))))
    await until('some are stored', async () => (await count()) > 500)
    await a.end('SIGKILL')
    await a.start()
    await broker.end('SIGTERM')
    await broker.start()
    await sending
    await server.stop()
    await Promise.all(producers.map((from, index) => send(from, made(places[index] ?? '', 100, 4000))))
    await until('it knows that the database is away', async () => /mariadb: away/.test(await a.page('/healthz')))
    await server.start()
    await Promise.all(producers.map(each => each.close()))
    await until('all is stored', async () => (await count()) >= 8200)
    expect(await rows()).toEqual(places.map(place => ({ place, rows: 4100, numbers: 4100, last: 4100 })))
    expect(await a.metric('sink_dead_letters_total')).toBe(0)
    expect(await a.page('/healthz')).toMatch(/^ok\n {2}mqtt: subscribed as sink.a/)
    // Many in one statement, although each message may hold but a few.
    expect(await a.metric('sink_store_seconds_count')).toBeLessThan(400)
    expect(await a.end('SIGTERM')).toBe(0)
  })

  test('a sink that is given another certificate connects again with it, and nothing is there twice', async () => {
    const certificate = await broker.certificates.of('sink.a', ['a'])
    const a = await sink('a', certificate)
    await a.start()
    await isWell(a)
    const before = await count()
    const connections = () => broker.log.split(' as sink.a (').length
    const were = connections()
    const from = await producer('p1', { batch: 5 })
    const sending = send(from, made('p1', 300, 50_000))
    renameSync(await broker.certificates.of('sink.a', ['a']), certificate)
    await until('it connects again', async () => connections() > were)
    await sending
    await from.close()
    await until('all is stored', async () => (await count()) === before + 300)
    expect(await a.page('/healthz')).toMatch(/^ok\n {2}mqtt: subscribed as sink.a/)
    expect(await a.end('SIGTERM')).toBe(0)
  })

  test('what comes while the sink is away waits for it', async () => {
    await server.query('TRUNCATE temperature.reading')
    const from = await producer('p1', { batch: 1 })
    await from.connect()
    for (let at = 0; at < 300; at++) await from.store(made('p1', 1, at))
    await from.close()
    const a = await sink('a')
    await a.start()
    await until('all is stored', async () => (await rows()).some(({ place, rows: stored }) => place === 'p1' && stored === 300))
    expect(await a.page('/healthz')).toContain('with what came since the last time')
    expect(await a.end('SIGTERM')).toBe(0)
  })

  const letters = (name: string, ...more: readonly string[]) =>
    execFileSync(process.execPath, [bundle, 'dead-letters', '--config', join(broker.directory, `${name}.json`), ...more], {
      encoding: 'utf8',
    })

  test('what can never be stored is a dead letter in a file, is shown, and is stored once it can be', async () => {
    await server.query('TRUNCATE temperature.reading')
    const a = await sink('a')
    await a.start()
    await isWell(a)
    const long = 'x'.repeat(300)
    const from = await producer('p1')
    await from.connect()
    const [good] = made('p1', 1)
    if (!good) throw new Error('no reading')
    // One bad reading among good ones, one of another place, and what is no reading at all.
    await from.store([...made('p1', 50), { ...good, date: 1_600_000_000_000_000, note: long }, { ...good, date: 1, value: -300 }])
    await from.store(made('p2', 1))
    await from.close()
    const own = mqttSchema.parse({ type: 'mqtt', hosts: [`127.0.0.1:${broker.port}`], certificate: from.own, tls: tls(), thing: 'p1' })
    const raw = await openSession(credentialsOf(own), 'p1', 2000)
    await raw.publish('temperature/p1/reading', ['no reading'], 1)
    raw.end()
    await until('four letters', async () => (await a.metric('sink_dead_letters_total')) === 4)
    expect(await rows()).toMatchObject([{ place: 'p1', rows: 50 }])
    expect(await a.page('/healthz')).toMatch(/^ill\n[^]*! dead letters: 4, /)
    const codes = (JSON.parse(letters('a', '--json')) as readonly { code: string }[]).map(({ code }) => code).sort()
    expect(codes).toEqual(['ER_DATA_TOO_LONG', 'IMPOSSIBLE_VALUE', 'NOT_A_READING', 'OF_ANOTHER_PLACE'])
    expect(letters('a')).toContain('temperature/p1/reading  IMPOSSIBLE_VALUE: -300 °C is no temperature\n')
    await server.query('ALTER TABLE temperature.reading MODIFY reading_note VARCHAR(400) CHARACTER SET utf8mb4 NOT NULL')
    expect(letters('a', '--replay')).toMatch(/^stored 1 of 4 dead letters\nstill refused:\n/)
    expect(await rows()).toMatchObject([{ place: 'p1', rows: 51 }])
    expect((JSON.parse(letters('a', '--json')) as readonly object[]).length).toBe(3)
    expect(await a.end('SIGTERM')).toBe(0)
  })
})

describe.skipIf(!possible)('a broker whose queue is full', { timeout: 180_000 }, () => {
  test('throws away what has no place, and the broker’s own figures tell it', async () => {
    const broker = await Mosquitto.asRole({ producers: ['p1'], sinks: ['a'] }, { queue: { memory: 2 ** 20, messages: 50, bytes: 2 ** 19 } })
    const server = await MariadbServer.create()
    const { path: bundle } = await buildProgram(collectorEntry)
    try {
      await broker.start()
      await server.query('CREATE DATABASE temperature')
      await server.query(readingTable.replace('reading (', 'temperature.reading ('))
      await server.query("CREATE USER sink@'127.0.0.1'")
      await server.query("GRANT INSERT, SELECT ON temperature.reading TO sink@'127.0.0.1'")
      const at = { type: 'mqtt' as const, hosts: [`127.0.0.1:${broker.port}`], tls: { ca: broker.certificates.ca, name: '127.0.0.1' } }
      const sink = new SinkProcess(bundle, broker.directory, 'a', {
        from: {
          ...at,
          certificate: await broker.certificates.of('sink.a', ['a']),
          id: 'sink.a',
          deadLetters: join(broker.directory, 'dead.jsonl'),
        },
        to: { type: 'mariadb', hosts: [`127.0.0.1:${server.port}`], user: 'sink' },
        metrics: { address: '127.0.0.1', port: 0 },
      })
      await sink.start()
      await until('it has subscribed', async () => /mqtt: subscribed as sink\.a/.test(await sink.page('/healthz')))
      await sink.end('SIGTERM')
      const config = mqttSchema.parse({ ...at, certificate: await broker.certificates.of('p1', ['p1']), thing: 'p1', batch: 1 })
      const from = mqttBackend({ ...config, credentials: () => credentialsOf(config), classify: classifyMqttError })
      await from.connect()
      // It says yes to each, whether it has a place or not: nobody but the broker itself knows of what it threw away.
      for (let at = 0; at < 400; at++) await from.store(made('p1', 1, at))
      await from.close()
      await sink.start()
      await until('it has what was kept', async () => Number(await sink.metric('sink_written_total')) >= 50)
      await sleep(1000)
      const [{ rows: kept } = { rows: 0 }] = (await server.query('SELECT COUNT(*) AS `rows` FROM temperature.reading')) as {
        rows: number
      }[]
      expect(kept).toBeGreaterThanOrEqual(50)
      expect(kept).toBeLessThan(400)
      expect(broker.log).toContain('Outgoing messages are being dropped for client sink.a')
      await sink.end('SIGTERM')
    } finally {
      await Promise.all([broker.destroy(), server.destroy()])
    }
  })
})
