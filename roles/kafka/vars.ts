import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

const port = z.number().int().min(1).max(65535)
const topicName = z.string().regex(/^[a-z][a-z0-9._-]{0,63}$/, 'small letters, digits and . _ - only, a letter first')

/** What a broker of the fleet may be told; the schema is also the documentation. */
export const kafkaVars = z.strictObject({
  port: port.default(9092).describe('where clients connect: TLS, and a name with a password (SCRAM-SHA-512)'),
  brokerPort: port.default(9093).describe('where brokers connect to each other: TLS, with certificates on both sides'),
  controllerPort: port.default(9094).describe('where the quorum of controllers is reached, in the same way'),
  metricsPort: port.default(9405).describe('JMX exporter, for Prometheus'),
  metricsListen: listenVar.describe(
    'where the JMX exporter listens: 0.0.0.0 or :: for everybody, 127.0.0.1 for this Pi alone; absent: where the broker does',
  ),
  guardPort: port.default(9406).describe('guard of the card, for Prometheus; it listens where the JMX exporter does'),
  floor: z
    .number()
    .int()
    .min(64)
    .default(256)
    .describe('MiB that stay free on the card: below twice of it producers are slowed down, below it no broker takes readings'),
  topic: topicName
    .default('temperature')
    .describe('topic of all readings; the key of each is its producer, its timestamp the time it was read'),
  partitions: z
    .number()
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'partitions of the topic; absent: the fewest with which the shares of the brokers come within a tenth of what their weights ask for',
    ),
  replication: z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('copies of each reading, each on a broker of its own; of a topic that is there `rebalance kafka` makes them'),
  minInSync: z
    .number()
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe('copies that must have a reading before it is acknowledged; absent: one less than `replication`, at least one'),
  retention: z.number().int().min(1).max(36500).optional().describe('days a reading is kept; absent: for ever'),
  controllers: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'brokers that also keep the cluster’s metadata, the first ones of the inventory: 1 or 3; absent: 3 where there are as many brokers',
    ),
  nodeId: z
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional()
    .describe('number of this broker, which it keeps for ever; absent: computed from its name'),
  weight: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('share of the partitions this broker leads, relative to others; absent: the computing weight of the model, 10 without one'),
  heap: z
    .number()
    .int()
    .min(64)
    .optional()
    .describe('Java heap in MiB; absent: an eighth of the RAM, 96 to 1024, more for many partitions'),
  pageCache: z
    .number()
    .int()
    .min(8)
    .max(4096)
    .optional()
    .describe(
      'MiB that are planned for the newest readings in memory, so that who reads them does not wait for the card; absent: a 16th of the RAM, 32 to 512',
    ),
  durable: z
    .boolean()
    .default(false)
    .describe('each batch is on the card before it is acknowledged; false: once a second; a power cut may lose that second of a broker'),
})

export type KafkaVars = z.output<typeof kafkaVars>
