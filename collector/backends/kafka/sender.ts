import { isDeepStrictEqual } from 'node:util'
import type { CompressionTypes, Producer } from 'kafkajs'
import { codeOf } from '../../problem.ts'
import type { Reading } from '../../reading.ts'
import { LocationBatch } from './batch.ts'
import { credentialsOf, kafkaProducer, type Credentials, type KafkaOptions } from './client.ts'
import { answerOf, causes } from './errors.ts'

/** A producer with its number in the cluster, which it keeps when a connection is lost. */
interface Known {
  readonly producer: Producer
  readonly credentials: Credentials
  /** Readings of which nobody knows whether the cluster has them. */
  doubt: readonly Reading[] | undefined
  /** What the cluster has acknowledged of a request that failed as a whole, or too late: it is not sent again. */
  acknowledged: readonly (readonly Reading[])[]
  /** Resolves when the driver does nothing more with it: until then nobody knows its numbers, nor what the driver does next. */
  idle: Promise<unknown>
}

/** The driver's word for gzip: `CompressionTypes.GZIP`, without loading it. */
const compression: CompressionTypes.GZIP = 1

/** After these the numbers of a producer and those of a broker differ: another producer begins anew. */
const outOfStep = new Set(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'DUPLICATE_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'])

const isOutOfStep = (error: unknown): boolean => causes(error).some(each => outOfStep.has(answerOf(each) ?? codeOf(each)))

/** Sends one request at a time. */
export interface Sender {
  /** Connects or throws; called again after `close`. */
  connect(): Promise<void>
  /** Resolves when the brokers have all of these readings; not to be called again before. */
  send(readings: readonly Reading[]): Promise<void>
  /** Ends the connection at once, in whatever state it is. Never throws. */
  close(): Promise<void>
}

/**
 * An idempotent producer. Brokers number what it sends by partition and drop what comes again, so a request of which nobody
 * knows whether it arrived is sent again *as it was*, by the same producer, also after the connection was lost. Any other readings
 * would get the same numbers and be dropped as known: they are sent by a new producer.
 */
export function kafkaSender(options: KafkaOptions): Sender {
  const { topic, timeout } = options
  let known: Known | undefined
  let connected = false

  /** Connects the producer there is, or a new one where there is none or it would log in in another way. */
  async function connect(): Promise<void> {
    const credentials = credentialsOf(options)
    // Functions differ at each call, and do the same.
    const same = known?.credentials.password === credentials.password && known.credentials.ssl?.ca === credentials.ssl?.ca
    // Kept also when it cannot connect: a broker that stood still may yet do what this producer asked for.
    const next = (known = known && same ? known : { ...fresh, producer: await kafkaProducer(options, credentials), credentials })
    try {
      await within(timeout, next.idle)
    } catch (error) {
      known = undefined
      throw error
    }
    await doing(next, 2 * timeout, next.producer.connect())
    connected = true
  }

  /** The producer for these readings: the one that is connected, unless it is to send others first. */
  async function producerFor(readings: readonly Reading[]): Promise<Known> {
    if (known?.doubt && connected && !isDeepStrictEqual(known.doubt, readings)) {
      await close()
      known = undefined
      await connect()
    }
    if (!known || !connected) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
    return known
  }

  async function send(readings: readonly Reading[]): Promise<void> {
    const through = await producerFor(readings)
    if (through.acknowledged.some(each => isDeepStrictEqual(each, readings))) return
    through.doubt = readings
    // All copies that are in step acknowledge.
    const sending = through.producer.send({ topic, acks: -1, compression, messages: new LocationBatch(readings).messages }).then(
      () => {
        through.doubt = undefined
        through.acknowledged = [...through.acknowledged, readings]
      },
      async (error: unknown) => {
        if (isOutOfStep(error)) await forget(through)
        throw error
      },
    )
    await doing(through, timeout, sending)
  }

  /**
   * A request for each location, so for each partition: where one of several partitions moves meanwhile, kafkajs 2.2.4 takes its readings
   * for sent when the broker it moved to has answered for another one already.
   */
  async function sendEach(readings: readonly Reading[]): Promise<void> {
    for (const some of byLocation(readings)) await send(some)
    if (known) known.acknowledged = []
  }

  /** Another producer takes its place. */
  async function forget(through: Known): Promise<void> {
    if (known === through) known = undefined
    await briefly(through.producer.disconnect())
  }

  async function close(): Promise<void> {
    connected = false
    if (known) await briefly(ending(known))
  }

  return { connect, send: sendEach, close }
}

/** A producer that has done nothing yet. */
const fresh = { doubt: undefined, acknowledged: [], idle: Promise.resolve() } as const

function byLocation(readings: readonly Reading[]): readonly (readonly Reading[])[] {
  const found = new Map<string, Reading[]>()
  for (const each of readings) {
    const some = found.get(each.location)
    if (some) some.push(each)
    else found.set(each.location, [each])
  }
  return [...found.values()]
}

const ignore = (): void => {}

/** Ends its connections, once the driver has an answer or none in time. */
function ending(through: Known): Promise<unknown> {
  const disconnected = through.producer.disconnect().catch(ignore)
  through.idle = Promise.all([through.idle, disconnected])
  return disconnected
}

/** Waits for it, and not long. */
const briefly = (work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work.catch(ignore), new Promise<void>(done => setTimeout(done, 500).unref())])

/** What `work` of a producer gives, or a timeout: the driver's own limits are per broker it tries. What it still does then ends with it. */
async function doing<Value>(through: Known, milliseconds: number, work: Promise<Value>): Promise<Value> {
  let late = false
  through.idle = work.catch(ignore).then(() => (late ? through.producer.disconnect().catch(ignore) : undefined))
  return within(milliseconds, work, () => (late = true))
}

/** @throws Error of code ETIMEDOUT, after `giveUp` */
function within<Value>(milliseconds: number, work: Promise<Value>, giveUp: () => void = ignore): Promise<Value> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      giveUp()
      reject(Object.assign(new Error(`no answer within ${milliseconds} ms`), { code: 'ETIMEDOUT' }))
    }, milliseconds)
    work.finally(() => clearTimeout(limit)).then(resolve, reject)
  })
}
