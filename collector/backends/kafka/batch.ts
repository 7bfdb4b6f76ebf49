import type { Message } from 'kafkajs'
import type Encoder from 'kafkajs/src/protocol/encoder.js'
import type requests from 'kafkajs/src/protocol/requests/produce/index.js'
import type { Produce } from 'kafkajs/src/protocol/requests/produce/index.js'
import type { Reading } from '../../reading.ts'
import { batchBytes, encodeReadings, type EncodedRecords } from './encode.ts'

type Group = Record<string, unknown>

/**
 * Readings of one location, for the driver in the place of its array of messages: it asks for their number, for one without a value, and
 * has each put into its partition. The driver copies the array for each message it puts there, and makes buffers for each of its
 * numbers: that is most of what a record costs. These are in one partition, so it is asked for once, and they are encoded by `encode.ts`.
 */
export class LocationBatch {
  readonly length: number
  readonly encoded: Promise<EncodedRecords>
  readonly #key: string

  constructor(readings: readonly Reading[]) {
    this.length = readings.length
    this.#key = readings[0]?.location ?? ''
    this.encoded = encodeReadings(readings)
    // Looked at when it is sent; until then it is nobody's.
    this.encoded.catch(() => {})
  }

  /** What the driver takes for an array of messages. */
  get messages(): Message[] {
    return this as unknown as Message[]
  }

  find(): undefined {
    return undefined
  }

  reduce(group: (before: Group, message: Pick<Message, 'key'>) => Group, none: Group): Group {
    return Object.fromEntries(Object.keys(group(none, { key: this.#key })).map(partition => [partition, this]))
  }
}

/** The first version of the request that takes record batches of format 2. */
const firstVersion = 3
const taught = new WeakSet<object>()

/** Has the driver's request for producing take batches of this kind. All others are encoded as before. */
export function teach(produce: typeof requests, encoder: typeof Encoder): void {
  if (taught.has(produce)) return
  taught.add(produce)
  const { protocol } = produce
  produce.protocol = ({ version }) => {
    const make = protocol({ version })
    return asked => {
      const made = make(asked)
      return version >= firstVersion && isOurs(asked)
        ? { ...made, request: { ...made.request, encode: () => requestOf(asked, encoder) } }
        : made
    }
  }
}

const isOurs = ({ topicData }: Produce): boolean =>
  topicData.every(({ partitions }) => partitions.every(({ messages }) => messages instanceof LocationBatch))

/** Produce Request => transactional id, acks, timeout, [topic, [partition, records]] */
async function requestOf(asked: Produce, encoder: typeof Encoder): Promise<Encoder> {
  const { transactionalId = null, acks, timeout, producerId, producerEpoch, topicData } = asked
  const request = new encoder().writeString(transactionalId).writeInt16(acks).writeInt32(timeout).writeInt32(topicData.length)
  for (const { topic, partitions } of topicData) {
    request.writeString(topic).writeInt32(partitions.length)
    for (const { partition, firstSequence, messages } of partitions) {
      const numbered = { producerId: BigInt(String(producerId)), producerEpoch, firstSequence }
      request.writeInt32(Number(partition)).writeBytes(batchBytes(await (messages as LocationBatch).encoded, numbered))
    }
  }
  return request
}
