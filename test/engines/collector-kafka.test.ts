import { setTimeout as sleep } from 'node:timers/promises'
import { spawnSync } from 'node:child_process'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaBackend } from '../../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../../collector/backends/kafka/config.ts'
import { readingOf } from '../../collector/backends/kafka/record.ts'
import type { Reading } from '../../collector/reading.ts'
import type { Rule } from '../../roles/kafka/admin/words.ts'
import { rulesOf } from '../../roles/kafka/cluster/wanted.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { until } from './collector-support/agent-process.ts'
import { Certificates } from './collector-support/certificates.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'

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
    const reads: readonly Rule[] = [
      { user: 'reader', operation: 'read', resource: 'topic', name: 'temperature' },
      { user: 'reader', operation: 'read', resource: 'group', name: 'reader' },
    ]
    await broker.errand({
      change: [
        { user, password: 'right' },
        { user: 'reader', password: 'reads' },
        { makeTopic: 'temperature', places, configs: {} },
        { makeTopic: 'other', places, configs: {} },
        { allow: [...rulesOf(user, 'temperature'), ...reads] },
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

  /** All readings of places that begin so, in the order each partition has them. */
  async function readings(place: string): Promise<readonly (Reading & { readonly partition: number; readonly timestamp: number })[]> {
    const client = new Kafka({
      brokers: [address()],
      ssl: { ca: [kit.certificates.authority.certificate] },
      sasl: { mechanism: 'scram-sha-512', username: 'reader', password: 'reads' },
      logLevel: logLevel.NOTHING,
    })
    const admin = client.admin()
    await admin.connect()
    const ends = await admin.fetchTopicOffsets('temperature')
    await admin.resetOffsets({ groupId: 'reader', topic: 'temperature', earliest: true }).catch(() => {})
    await admin.disconnect()
    const missing = new Map(ends.filter(({ high }) => Number(high) > 0).map(({ partition, high }) => [partition, Number(high)]))
    const found: (Reading & { readonly partition: number; readonly timestamp: number })[] = []
    const consumer = client.consumer({ groupId: 'reader' })
    await consumer.connect()
    await consumer.subscribe({ topic: 'temperature', fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message: { key, value, timestamp, offset } }) => {
        const reading = readingOf({ key: String(key), value: String(value) })
        if (reading.location.startsWith(place)) found.push({ ...reading, partition, timestamp: Number(timestamp) })
        if (Number(offset) + 1 >= (missing.get(partition) ?? Infinity)) missing.delete(partition)
      },
    })
    await until('all is read', async () => missing.size === 0)
    await consumer.disconnect()
    return found
  }

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
})
