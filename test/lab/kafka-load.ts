import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { kafkaBackend } from '../../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../../collector/backends/kafka/config.ts'
import { readingOf } from '../../collector/backends/kafka/record.ts'
import type { Reading } from '../../collector/reading.ts'

/** Where numbered readings go, and as whom. */
export interface Target {
  readonly hosts: readonly string[]
  readonly user: string
  readonly password: string
  /** A file with the certificate of the fleet's CA. */
  readonly caFile: string
}

/** What became of a load. */
export interface Sent {
  readonly acknowledged: number
  /** The longest time in which one of the producers got no acknowledgement, in seconds, and the longest in which none of them did. */
  readonly gap: number
  readonly silence: number
  /** What brokers said, by code. */
  readonly errors: Readonly<Record<string, number>>
}

interface LoadOptions {
  /** A place for each producer, so a partition. */
  readonly places?: readonly string[]
  /** Readings of one request. */
  readonly each?: number
  /** Milliseconds between requests of one producer. */
  readonly pause?: number
}

/** Names of as many places as there are partitions, one in each. */
export function placesIn(partitions: number): readonly string[] {
  const choose = Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: partitions }, (_none, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  const found = new Map<number, string>()
  for (let number = 1; found.size < partitions; number++) {
    const key = `load${number}`
    const partition = choose({ topic: 'temperature', partitionMetadata, message: { key, value: '' } })
    if (!found.has(partition)) found.set(partition, key)
  }
  return [...found.values()]
}

/** What every reading says beside its value: the number, as long as that of an agent gets in some years. */
export const note = '{sequence}'

/** Producers that send numbered readings as an agent does: what was not acknowledged is sent again, as it was, until it is. */
export class Load {
  readonly places: readonly string[]
  readonly #acknowledged = new Map<string, number>()
  readonly #errors = new Map<string, number>()
  readonly #work: Promise<void>[]
  #going = true
  #gap = 0
  #silence = 0
  #last = performance.now()

  constructor(target: Target, { places = placesIn(12), each = 5, pause = 100 }: LoadOptions = {}) {
    this.places = places
    this.#work = this.places.map(place => this.#sends(place, target, each, pause))
  }

  async #sends(place: string, { hosts, user, password, caFile }: Target, each: number, pause: number): Promise<void> {
    const config = kafkaSchema.parse({ type: 'kafka', hosts, user, timeout: 5000, tls: { ca: caFile } })
    const backend = kafkaBackend({ ...config, password: () => password })
    let connected = false
    let last = performance.now()
    const begun = Date.now() * 1000
    for (let next = 0; this.#going; ) {
      const readings: readonly Reading[] = Array.from({ length: each }, (_none, index) => ({
        location: place,
        date: begun + (next + index) * 1000,
        value: next + index,
        note: note.replace('{sequence}', String(next + index).padStart(9, '0')),
      }))
      // What is under way is seen to its end: nobody knows whether it is stored.
      for (let end = Infinity; performance.now() < end; end = this.#going ? Infinity : Math.min(end, performance.now() + 60_000)) {
        try {
          if (!connected) await backend.connect()
          connected = true
          await backend.store(readings)
          const now = performance.now()
          this.#gap = Math.max(this.#gap, now - last)
          this.#silence = Math.max(this.#silence, now - this.#last)
          this.#last = last = now
          next += each
          this.#acknowledged.set(place, next)
          break
        } catch (error) {
          const { code } = backend.classify(error)
          this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1)
          connected = false
          await backend.close()
          await sleep(200)
        }
      }
      await sleep(pause)
    }
    await backend.close()
  }

  get acknowledged(): ReadonlyMap<string, number> {
    return this.#acknowledged
  }

  /** How it went since it was asked last. */
  taken(): Sent {
    const now = performance.now()
    const sent = {
      acknowledged: [...this.#acknowledged.values()].reduce((sum, count) => sum + count, 0),
      gap: Math.max(this.#gap) / 1000,
      silence: Math.max(this.#silence, now - this.#last) / 1000,
      errors: Object.fromEntries(this.#errors),
    }
    this.#gap = this.#silence = 0
    return sent
  }

  async stop(): Promise<Sent> {
    this.#going = false
    await Promise.all(this.#work)
    return this.taken()
  }
}

/** A client that is one of the brokers, which may read everything. */
export const brokerClient = (brokers: readonly string[], ca: string, own: string): Kafka =>
  new Kafka({ brokers: [...brokers], ssl: { ca: [ca], cert: own, key: own }, logLevel: logLevel.NOTHING })

/** How often each number of each place is in a topic. */
export async function census(client: Kafka, topic = 'temperature'): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const admin = client.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const missing = new Map(ends.filter(({ high }) => Number(high) > 0).map(({ partition, high }) => [partition, Number(high)]))
  const found = new Map<string, Map<number, number>>()
  const consumer = client.consumer({ groupId: `census-${randomBytes(3).toString('hex')}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message: { key, value, offset } }) => {
      const { location, value: number } = readingOf({ key: String(key), value: String(value) })
      const counts = found.get(location) ?? new Map<number, number>()
      found.set(location, counts.set(number, (counts.get(number) ?? 0) + 1))
      if (Number(offset) + 1 >= (missing.get(partition) ?? Infinity)) missing.delete(partition)
    },
  })
  for (const end = Date.now() + 120_000; missing.size > 0; await sleep(200))
    if (Date.now() > end) throw new Error(`not all is read after 120 s: ${JSON.stringify([...missing])}`)
  await consumer.disconnect()
  return found
}

/** Numbers that were acknowledged and are not there, and those that are there more than once. */
export function difference(
  load: Pick<Load, 'acknowledged'>,
  found: ReadonlyMap<string, ReadonlyMap<number, number>>,
): { readonly lost: readonly string[]; readonly twice: readonly string[] } {
  const lost = [...load.acknowledged].flatMap(([place, count]) =>
    Array.from({ length: count }, (_none, number) => number)
      .filter(number => !found.get(place)?.has(number))
      .map(number => `${place} ${number}`),
  )
  const twice = [...load.acknowledged.keys()].flatMap(place =>
    [...(found.get(place) ?? [])].filter(([, times]) => times > 1).map(([number]) => `${place} ${number}`),
  )
  return { lost, twice }
}
