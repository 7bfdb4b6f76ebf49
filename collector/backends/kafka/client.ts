import { isIPv6 } from 'node:net'
import type { ICustomPartitioner, Kafka, Producer } from 'kafkajs'
import { parseAddress } from '../address.ts'
import { tlsOfSeveral } from '../tls.ts'
import { teach } from './batch.ts'
import type { KafkaConfig } from './config.ts'

export interface KafkaOptions extends Omit<KafkaConfig, 'type' | 'name' | 'passwordFile'> {
  /** Asked at every connect, so that a rotated password needs no restart. */
  readonly password: () => string
  /** Most requests in flight at a time, each by a producer with a connection of its own; 3 by default. */
  readonly requests?: number
}

/** What a client shows to brokers, and whom it takes for one: asked anew at each connect. @throws Error of code CA_FILE, {Problem} */
export const credentialsOf = ({ password, tls }: Pick<KafkaOptions, 'password' | 'tls'>) => ({
  password: password(),
  ...(tls && { ssl: tlsOfSeveral(tls) }),
})

export type Credentials = ReturnType<typeof credentialsOf>

/** How a cluster is found, and by whom. */
export type ClientOptions = Pick<KafkaOptions, 'hosts' | 'port' | 'user' | 'timeout'>

/** A client of a cluster, not connected yet. The driver is loaded here, so that nobody pays for it who has no Kafka. */
export async function kafkaClient({ hosts, port, user, timeout }: ClientOptions, { password, ssl }: Credentials): Promise<Kafka> {
  const { default: driver } = await import('kafkajs')
  return new driver.Kafka({
    brokers: hosts.map(host => broker(host, port)),
    clientId: 'collector',
    sasl: { mechanism: 'scram-sha-512', username: user, password },
    ...(ssl && { ssl }),
    connectionTimeout: Math.max(100, Math.min(5000, Math.floor(timeout / 2))),
    authenticationTimeout: timeout,
    // Twice within the limit of a whole sending: the driver then ends by itself, and its numbers are known.
    requestTimeout: Math.floor(0.4 * timeout),
    enforceRequestTimeout: true,
    // What lasts longer is the delivery's to wait for.
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 },
    // Whatever it says is in what it throws.
    logLevel: driver.logLevel.NOTHING,
    logCreator: () => () => {},
  })
}

/** An idempotent producer of `LocationBatch`es, not connected yet: brokers know what it sends again. */
export async function kafkaProducer(options: KafkaOptions, credentials: Credentials): Promise<Producer> {
  const [{ default: driver }, { default: produce }, { default: encoder }] = await Promise.all([
    import('kafkajs'),
    import('kafkajs/src/protocol/requests/produce/index.js'),
    import('kafkajs/src/protocol/encoder.js'),
  ])
  teach(produce, encoder)
  const client = await kafkaClient(options, credentials)
  return client.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // The one all clients of Kafka have: a place is in the same partition whoever sends.
    createPartitioner: remembering(driver.Partitioners.DefaultPartitioner),
    retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 1000 },
  })
}

/**
 * The same partitioner, asked once for a key and a number of partitions: a producer has few places; of one that has many, the latest
 * thousand are remembered.
 */
export function remembering(partitioner: ICustomPartitioner): ICustomPartitioner {
  return () => {
    const choose = partitioner()
    const known = new Map<string, number>()
    return asked => {
      const { message, partitionMetadata } = asked
      if (typeof message.key !== 'string') return choose(asked)
      const key = `${partitionMetadata.length} ${message.key}`
      const before = known.get(key)
      if (before !== undefined) return before
      const chosen = choose(asked)
      if (known.size >= 1000) known.clear()
      known.set(key, chosen)
      return chosen
    }
  }
}

/** What the driver takes for `host`, `host:port` or `[IPv6]:port`. */
function broker(text: string, otherwise: number): string {
  const { host, port = otherwise } = parseAddress(text) ?? { host: text }
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}
