import { isDeepStrictEqual } from 'node:util'
import type { CompressionTypes, Producer } from 'kafkajs'
import { codeOf } from '../../problem.ts'
import type { Reading } from '../../reading.ts'
import type { Backend, Stored } from '../backend.ts'
import { credentialsOf, kafkaProducer, type Credentials, type KafkaOptions } from './client.ts'
import { answerOf, causes, classifyKafkaError } from './errors.ts'
import { gathering } from './gather.ts'
import { recordOf } from './record.ts'

/** A producer with its number in the cluster, which it keeps when a connection is lost. */
interface Known {
  readonly producer: Producer
  readonly credentials: Credentials
  /** Readings of which nobody knows whether the cluster has them. */
  doubt: readonly Reading[] | undefined
}

/** The driver's word for gzip: `CompressionTypes.GZIP`, without loading it. */
const compression: CompressionTypes.GZIP = 1

/** After these the numbers of a producer and those of a broker differ: another producer begins anew. */
const outOfStep = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'ETIMEDOUT',
])

const isOutOfStep = (error: unknown): boolean => causes(error).some(each => outOfStep.has(answerOf(each) ?? codeOf(each)))

/**
 * Kafka by an idempotent producer. Brokers number what it sends by partition and drop what comes again, so a request of which nobody
 * knows whether it arrived is sent again *as it was*, by the same producer, also after the connection was lost. Any other readings
 * would get the same numbers and be dropped as known: they are sent by a new producer.
 */
export function kafkaBackend(options: KafkaOptions): Backend {
  const { topic, batch, timeout } = options
  let known: Known | undefined
  let connected = false

  /** Connects the producer there is, or a new one where there is none or it would log in in another way. */
  async function connect(): Promise<void> {
    const credentials = credentialsOf(options)
    // Functions differ at each call, and do the same.
    const same = known?.credentials.password === credentials.password && known.credentials.ssl?.ca === credentials.ssl?.ca
    const next = known && same ? known : { producer: await kafkaProducer(options, credentials), credentials, doubt: undefined }
    known = undefined
    await within(2 * timeout, next.producer.connect(), next.producer)
    known = next
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
    const { producer } = through
    through.doubt = readings
    try {
      // All copies that are in step acknowledge.
      await within(timeout, producer.send({ topic, acks: -1, compression, messages: readings.map(recordOf) }), producer)
      through.doubt = undefined
    } catch (error) {
      if (known === through && isOutOfStep(error)) {
        known = undefined
        await ended(producer)
      }
      throw error
    }
  }

  async function close(): Promise<void> {
    connected = false
    const { producer } = known ?? {}
    if (producer && !(await ended(producer))) known = undefined
  }

  const gathered = gathering(batch, send)
  return {
    maxBatch: batch,
    resolution: 1,
    classify: classifyKafkaError,
    connect,
    async store(readings): Promise<Stored> {
      await gathered(readings)
      return { duplicates: 0 }
    },
    close,
  }
}

/** Ends its connections at once. False where they do not end in time. */
function ended(producer: Producer): Promise<boolean> {
  const disconnected = producer.disconnect().then(
    () => true,
    () => false,
  )
  return Promise.race([disconnected, new Promise<boolean>(done => setTimeout(done, 500, false).unref())])
}

/** What `work` of a producer gives, or a timeout: the driver's own limits are per broker it tries. What it still does then ends with it. */
function within<Value>(milliseconds: number, work: Promise<Value>, producer: Producer): Promise<Value> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${milliseconds} ms`), { code: 'ETIMEDOUT' }))
      const end = (): void => void ended(producer)
      work.then(end, end)
    }, milliseconds)
    work.finally(() => clearTimeout(limit)).then(resolve, reject)
  })
}
