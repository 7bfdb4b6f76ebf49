import { Kafka, logLevel } from 'kafkajs'
import { readingOf } from '../../../collector/backends/kafka/record.ts'
import { until } from '../collector-support/agent-process.ts'
import type { KafkaBroker, KafkaKit } from './kafka-broker.ts'

/** Dates of all readings that the account `reader` finds in the topic, in order of date. */
export async function consumed(kit: KafkaKit, broker: KafkaBroker): Promise<readonly number[]> {
  const client = new Kafka({
    brokers: [`${broker.member.host.address}:${broker.member.vars.port}`],
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
  const dates: number[] = []
  const consumer = client.consumer({ groupId: 'reader' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'temperature', fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message: { key, value, offset } }) => {
      dates.push(readingOf({ key: String(key), value: String(value) }).date)
      if (Number(offset) + 1 >= (missing.get(partition) ?? Infinity)) missing.delete(partition)
    },
  })
  await until('all is read', async () => missing.size === 0)
  await consumer.disconnect()
  return dates.sort((a, b) => a - b)
}
