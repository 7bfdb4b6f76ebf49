import { randomBytes } from 'node:crypto'
import { batchOf } from './protocol/batch.ts'
import type { Connection } from './protocol/connection.ts'
import { KafkaError, refuse } from './protocol/errors.ts'
import { fetchRecords, produce } from './protocol/requests.ts'
import { clusterOf, makeTopic, removeTopic } from './topics.ts'
import { healthTopic } from './words.ts'

/** Its records are worth nothing. */
const configs = { 'retention.ms': '600000', 'segment.ms': '600000', 'segment.bytes': '1048576' }

/** A topic that was just made is not known yet, or not led. */
const notYet = [3, 5, 6]

/**
 * Writes one record to a broker and reads it back from there: whether it does its work. Where its last card died, the topic for this died with
 * it, and nobody may lead it any more: it is made anew. @throws where it does not
 */
export async function probe(connection: Connection, id: number): Promise<void> {
  const topic = healthTopic(id)
  const { topics } = await clusterOf(connection)
  if (!topics.some(({ name }) => name === topic)) await makeTopic(connection, topic, [[id]], configs)
  const value = randomBytes(32)
  const offset = await written(connection, topic, value).catch(async (error: unknown) => {
    if (!(await isLeaderless(connection, topic))) throw error
    await removeTopic(connection, topic)
    await makeTopic(connection, topic, [[id]], configs)
    return written(connection, topic, value)
  })
  const records = await read(connection, topic, offset)
  if (!records.includes(value)) throw new KafkaError(`what was written to broker ${id} is not what it gives back`)
}

async function isLeaderless(connection: Connection, topic: string): Promise<boolean> {
  const { topics } = await clusterOf(connection)
  return topics.some(({ name, partitions }) => name === topic && partitions.every(({ leader }) => leader < 0))
}

async function written(connection: Connection, topic: string, value: Buffer): Promise<number> {
  const records = batchOf(value, Date.now())
  const question = { transaction: null, acks: -1, timeoutMs: 10_000, topics: [{ name: topic, partitions: [{ index: 0, records }] }] }
  for (let left = 20; ; left--) {
    const { topics } = await connection.ask(produce, question)
    const { error = 3, message = null, offset = -1 } = topics[0]?.partitions[0] ?? {}
    if (error === 0) return offset
    if (left === 0 || !notYet.includes(error)) refuse(`a record for ${topic}`, error, message)
    await new Promise(resolve => setTimeout(resolve, 300))
  }
}

async function read(connection: Connection, topic: string, offset: number): Promise<Buffer> {
  const partition = { index: 0, leaderEpoch: -1, offset, lastEpoch: -1, start: -1, mostBytes: 65_536 }
  const { error, topics } = await connection.ask(fetchRecords, {
    replica: -1,
    waitMs: 5000,
    leastBytes: 1,
    mostBytes: 65_536,
    isolation: 0,
    session: 0,
    epoch: -1,
    topics: [{ name: topic, partitions: [partition] }],
    forgotten: [],
    rack: '',
  })
  refuse(`reading ${topic}`, error)
  const found = topics[0]?.partitions[0]
  refuse(`reading ${topic}`, found?.error ?? 3)
  return found?.records ?? Buffer.alloc(0)
}
