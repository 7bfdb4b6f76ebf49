import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type * as z from 'zod'
import { readingOf } from '../../../collector/backends/kafka/record.ts'
import type { Reading } from '../../../collector/reading.ts'
import { withPort } from '../../../engine/inventory/address.ts'
import type { Fleet } from '../../../engine/inventory/types.ts'
import { exec, LabError } from '../../../lab/index.ts'
import { tlsFiles } from '../../../roles/kafka/config/paths.ts'
import { nodeIdOf } from '../../../roles/kafka/identity.ts'
import type { kafkaVars } from '../../../roles/kafka/vars.ts'
import { producersOf } from './agents.ts'
import type { Led } from './choose.ts'
import { type Found, Tally } from './found.ts'
import { ledBy } from './led.ts'

const brokersOf = (fleet: Fleet) =>
  fleet.hosts.filter(({ roles }) => roles.includes('kafka')).map(host => ({ host, vars: host.vars['kafka'] as z.output<typeof kafkaVars> }))

/** A client that is one of the brokers, which may read everything. @throws LabError where no broker's host is up */
async function client(fleet: Fleet): Promise<{ readonly kafka: Kafka; readonly topic: string }> {
  const brokers = brokersOf(fleet)
  for (const { host, vars } of brokers) {
    const read = async (file: string): Promise<string> => (await exec(fleet, host.name, ['cat', file])).stdout
    // A host that is off, or stands still, has no certificate to lend.
    const [own = '', ca = ''] = await Promise.all([tlsFiles.own, tlsFiles.ca].map(read)).catch(() => [])
    if (!own.includes('CERTIFICATE') || !ca.includes('CERTIFICATE')) continue
    const kafka = new Kafka({
      brokers: brokers.map(({ host: { address }, vars: { brokerPort } }) => withPort(address, brokerPort)),
      ssl: { ca: [ca], cert: own, key: own },
      logLevel: logLevel.NOTHING,
      connectionTimeout: 5000,
      retry: { retries: 10 },
    })
    return { kafka, topic: vars.topic }
  }
  throw new LabError(`No broker of ${fleet.name} is up.`)
}

/** Who leads the readings that come in, and who has copies of what that one leads. */
export async function kafkaLeader(fleet: Fleet): Promise<Led | undefined> {
  const { kafka, topic } = await client(fleet)
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const names = new Map(brokersOf(fleet).map(({ host: { name } }) => [nodeIdOf(name), name]))
    const places = producersOf(fleet, 'kafka').map(({ host }) => host.name)
    return ledBy(topics[0]?.partitions ?? [], places, names)
  } finally {
    await admin.disconnect()
  }
}

/** Every record of the topic, each as a reading: nothing is sampled. @throws LabError where not all can be read */
export async function readKafka(fleet: Fleet): Promise<readonly Reading[]> {
  const { kafka, topic } = await client(fleet)
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const missing = new Map(
    ends.filter(({ high, low }) => Number(high) > Number(low)).map(({ partition, high }) => [partition, Number(high)]),
  )
  const readings: Reading[] = []
  const consumer = kafka.consumer({ groupId: `census-${randomBytes(3).toString('hex')}` })
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message: { key, value, offset } }) => {
        readings.push(readingOf({ key: String(key), value: String(value) }))
        if (Number(offset) + 1 >= (missing.get(partition) ?? Infinity)) missing.delete(partition)
      },
    })
    for (const end = Date.now() + 120_000; missing.size > 0; await sleep(200))
      if (Date.now() > end) throw new LabError(`Not all of ${topic} could be read in 120 s: ${missing.size} partitions are left.`)
    return readings
  } finally {
    await consumer.disconnect()
  }
}

/** What the topic has, by number. @throws LabError where not all can be read */
export async function countKafka(fleet: Fleet): Promise<Found> {
  const tally = new Tally()
  for (const { location, note, date } of await readKafka(fleet)) tally.add(location, Number(note), String(date))
  return tally.found
}
