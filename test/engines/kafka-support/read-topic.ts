import { Kafka, logLevel } from 'kafkajs'
import { readingOf } from '../../../collector/backends/kafka/record.ts'
import type { Reading } from '../../../collector/reading.ts'
import type { Change } from '../../../roles/kafka/admin/session.ts'
import { until } from '../collector-support/agent-process.ts'
import type { KafkaBroker, KafkaKit } from './kafka-broker.ts'

/** A reading with what Kafka knows about it. */
export type Found = Reading & { readonly partition: number; readonly timestamp: number }

const login = { user: 'reader', password: 'reads' } as const

/** Makes the account that `readTopic` reads with. */
export const readerOf = (...topics: readonly string[]): readonly Change[] => [
  login,
  {
    allow: [
      ...topics.map(name => ({ user: login.user, operation: 'read', resource: 'topic', name }) as const),
      { user: login.user, operation: 'read', resource: 'group', name: 'reader' },
    ],
  },
]

/** All readings of a topic of places that begin so, in the order each partition has them. */
export async function readTopic({ certificates }: KafkaKit, broker: KafkaBroker, topic: string, place: string): Promise<readonly Found[]> {
  const client = new Kafka({
    brokers: [`${broker.member.host.address}:${broker.member.vars.port}`],
    ssl: { ca: [certificates.authority.certificate] },
    sasl: { mechanism: 'scram-sha-512', username: login.user, password: login.password },
    logLevel: logLevel.NOTHING,
  })
  const admin = client.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.resetOffsets({ groupId: 'reader', topic, earliest: true }).catch(() => {})
  await admin.disconnect()
  const missing = new Map(ends.filter(({ high }) => Number(high) > 0).map(({ partition, high }) => [partition, Number(high)]))
  const found: Found[] = []
  const consumer = client.consumer({ groupId: 'reader' })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
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
