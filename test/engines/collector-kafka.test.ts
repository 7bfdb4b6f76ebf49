import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaBackend } from '../../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../../collector/backends/kafka/config.ts'
import { deliver } from '../../collector/delivery.ts'
import { collectorEntry } from '../../collector/entry.ts'
import type { QueuedReading, Reading } from '../../collector/reading.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { rulesOf, topicConfigs } from '../../roles/kafka/cluster/wanted.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { Certificates } from './collector-support/certificates.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'
import { readerOf, readTopic } from './kafka-support/read-topic.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: collector with a real Kafka: Java or Maven is missing (apt-get install default-jre-headless maven)')

const user = 'producer.one'

describe.skipIf(!possible)('collector with a real Kafka', { timeout: 180_000 }, () => {
  let kit: KafkaKit
  let broker: KafkaBroker

  beforeAll(async () => {
    kit = await kafkaKit()
    broker = await KafkaBroker.create(kit, await fleetOnLoopback({}), 0)
    expect(broker.format(clusterId('test'), 'starts').status).toBe(0)
    await broker.start()
    const places = Array.from({ length: 4 }, () => [broker.member.id])
    await broker.errand({
      change: [
        { user, password: 'right' },
        { makeTopic: 'temperature', places, configs: topicConfigs(broker.member.vars) },
        { makeTopic: 'other', places, configs: {} },
        // As a cluster that is somebody else's may have them.
        { makeTopic: 'strict', places, configs: { 'message.timestamp.after.max.ms': '3600000' } },
        { makeTopic: 'short', places, configs: { 'max.message.bytes': '2000' } },
        { allow: ['temperature', 'strict', 'short'].flatMap(topic => rulesOf(user, topic)) },
        ...readerOf('temperature', 'short'),
      ],
    })
  }, 180_000)
  afterAll(async () => {
    await destroyCluster(kit, [broker])
  })

  const address = () => `${broker.member.host.address}:${broker.member.vars.port}`
  /** The config of a producer, as the role makes it. */
  const config = (change: object = {}) => ({
    type: 'kafka' as const,
    hosts: [address()],
    user,
    tls: { ca: kit.certificates.ca },
    ...change,
  })
  const backend = (change: object = {}, password = 'right') =>
    kafkaBackend({ ...kafkaSchema.parse(config(change)), password: () => password })

  const readings = (place: string) => readTopic(kit, broker, 'temperature', place)

  const made = (location: string, count: number, note = ''): readonly Reading[] =>
    Array.from({ length: count }, (_, index) => ({ location, date: 1_700_000_000_000_001 + index * 1001, value: 20 + index / 1000, note }))

  test('2,000 readings arrive once each, to the microsecond, in order of date by place', async () => {
    const to = backend()
    await to.connect()
    const places = ['a1', 'a2', 'a3', 'a4'].map(place => made(place, 500, 'Küche \u{1f321}'))
    for (let from = 0; from < 500; from += 125) await Promise.all(places.map(all => to.store(all.slice(from, from + 125))))
    await to.close()
    const found = await readings('a')
    expect(found).toHaveLength(2000)
    for (const all of places) {
      const own = found.filter(({ location }) => location === all[0]?.location)
      expect(new Set(own.map(({ partition }) => partition)).size).toBe(1)
      expect(own.map(({ location, date, value, note }) => ({ location, date, value, note }))).toEqual(all)
      expect(own.every(({ date, timestamp }) => timestamp === Math.floor(date / 1000))).toBe(true)
    }
  })

  test('what is asked for at the same time goes by several producers: each is there once, and none that was acknowledged is missing', async () => {
    const to = backend({ batch: 100, timeout: 4000 })
    await to.connect()
    const [before, meanwhile] = [made('h1', 3000), made('h2', 3000)]
    await Promise.all(before.map(reading => to.store([reading])))
    // A broker that stands still: some are given up, and nobody says that they are stored.
    const acknowledged = new Set<number>()
    const storing = Promise.allSettled(meanwhile.map(reading => to.store([reading]).then(() => void acknowledged.add(reading.date))))
    await sleep(20)
    process.kill(broker.pid, 'SIGSTOP')
    await sleep(5000)
    process.kill(broker.pid, 'SIGCONT')
    await storing
    await to.close()
    const found = await readings('h')
    const datesOf = (place: string) => found.filter(({ location }) => location === place).map(({ date }) => date)
    expect(datesOf('h1').sort()).toEqual(before.map(({ date }) => date).sort())
    const dates = datesOf('h2')
    expect([...acknowledged].filter(date => !dates.includes(date))).toEqual([])
    expect(new Set(dates).size).toBe(dates.length)
  })

  test('what was stored and not acknowledged is dropped by the broker when it comes again, and other readings never are', async () => {
    const to = backend({ timeout: 4000 })
    /** The broker takes a request and answers too late: as if the connection were cut between the two. */
    async function cut(batch: readonly Reading[]) {
      process.kill(broker.pid, 'SIGSTOP')
      try {
        return await to.store(batch).then(
          () => 'stored',
          error => to.classify(error).kind,
        )
      } finally {
        process.kill(broker.pid, 'SIGCONT')
      }
    }
    /** As the agent does it: connects anew and tries again, whatever the reason, for a broker may need a moment. */
    async function deliver(batch: readonly Reading[]) {
      for (const end = Date.now() + 60_000; ; ) {
        try {
          await to.connect()
          return await to.store(batch)
        } catch (error) {
          if (Date.now() > end) throw error
          await sleep(500)
          await to.close()
        }
      }
    }
    const [first = [], second = [], third = []] = [0, 100, 200].map(from => made('b1', 300).slice(from, from + 100))
    await deliver(made('b0', 1))
    expect(await cut(first)).toBe('transient')
    await to.close()
    await deliver(first)
    expect((await readings('b1')).map(({ date }) => date)).toEqual(first.map(({ date }) => date))
    // As many others next: they have to be stored, and not to be taken for those.
    expect(await cut(second)).toBe('transient')
    await to.close()
    await deliver(third)
    await to.close()
    const dates = new Set((await readings('b1')).map(({ date }) => date))
    expect(third.every(({ date }) => dates.has(date))).toBe(true)
  })

  /** What became of one reading. */
  async function refusal(change: object, password?: string) {
    const to = backend(change, password)
    try {
      await to.connect()
      await to.store(made('d1', 1))
      return undefined
    } catch (error) {
      return to.classify(error)
    } finally {
      await to.close()
    }
  }

  test('a wrong password, another CA, another name, a topic that is not its own or not there: refused, with the remedy', async () => {
    expect(await refusal({}, 'wrong')).toMatchObject({ kind: 'refused', code: 'BAD_CREDENTIALS' })
    const stranger = await Certificates.make(kit.directory, 'stranger')
    expect(await refusal({ tls: { ca: stranger.ca } })).toMatchObject({ kind: 'refused', code: 'TLS_UNTRUSTED' })
    expect(await refusal({ tls: { ca: '/nowhere' } })).toMatchObject({ kind: 'refused', code: 'CA_FILE' })
    for (const topic of ['other', 'missing'])
      expect(await refusal({ topic })).toMatchObject({ kind: 'refused', code: 'TOPIC_AUTHORIZATION_FAILED' })
    expect(await refusal({ hosts: ['127.0.0.1:1'] })).toMatchObject({ kind: 'transient', code: 'ECONNREFUSED' })
    expect(await readings('d')).toEqual([])
  })

  test('a reading dated far ahead of the broker’s clock is stored; a topic that does not believe it is named, with its setting', async () => {
    const ahead: Reading = { location: 'e1', date: Date.UTC(2038, 0, 19) * 1000, value: 1, note: '' }
    const to = backend()
    await to.connect()
    await to.store([ahead])
    await to.store(made('e1', 1))
    await to.close()
    expect((await readings('e1')).map(({ date }) => date)).toEqual([ahead.date, made('e1', 1)[0]?.date])
    const strict = backend({ topic: 'strict' })
    await strict.connect()
    const failure = await strict.store([ahead]).catch((error: unknown) => strict.classify(error))
    expect(failure).toMatchObject({
      kind: 'refused',
      code: 'INVALID_TIMESTAMP',
      remedy: expect.stringContaining('message.timestamp.after.max.ms') as string,
    })
    await strict.close()
  })

  /** Compression does not help against it. */
  const tooLong = randomBytes(3000).toString('base64')

  test('a reading too long for the topic is a dead letter with the reason, and the others are in the topic once', async () => {
    const queue: QueuedReading[] = made('f1', 40).map((reading, index) => ({
      ...reading,
      ...(index === 17 && { note: tooLong }),
      sequence: index + 1,
    }))
    const buried: string[] = []
    const drained = AbortSignal.abort()
    const source = {
      take: (most: number) => queue.slice(0, most),
      acknowledge: ({ sequence }: QueuedReading) => void queue.splice(0, queue.findIndex(each => each.sequence === sequence) + 1),
      again: () => {},
    }
    const events = { connected: () => {}, stored: () => {}, failed: () => {}, buried: () => {} }
    await deliver(
      {
        name: 'kafka',
        source,
        backend: backend({ topic: 'short' }),
        more: async () => {},
        deadLetters: (_, { date }, { code }) => void buried.push(`${date} ${code}`),
        events,
      },
      drained,
      new AbortController().signal,
    )
    const [all, bad] = [made('f1', 40), made('f1', 40)[17]]
    expect(queue).toEqual([])
    expect(buried).toEqual([`${bad?.date} MESSAGE_TOO_LARGE`])
    const stored = await readTopic(kit, broker, 'short', 'f1')
    expect(stored.map(({ date }) => date)).toEqual(all.filter(each => each !== all[17]).map(({ date }) => date))
  })

  test('the load tool ends with the reason where its readings are too long', async () => {
    const { path: bundle } = await buildProgram(collectorEntry)
    const flags = ['--backend', 'kafka', '--host', address(), '--ca', kit.certificates.ca, '--user', user, '--topic', 'short']
    const { status, stderr } = spawnSync(process.execPath, [bundle, ...flags, '--note', tooLong, '--duration', '5s'], {
      encoding: 'utf8',
      env: { ...process.env, COLLECT_PASSWORD: 'right' },
    })
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/larger than the max|too large/i)
    expect(stderr).toMatch(/correct location or note/)
  })
})
