import * as z from 'zod'
import type { AnyConfig, AnyKind, Kinds } from '../backends/kind.ts'
import { kafkaSchema } from '../backends/kafka/config.ts'
import type { registered } from '../backends/registry.ts'
import { backendsOf, faultsOf, metricsSchema, readText, parseJson } from '../config.ts'
import { Problem } from '../problem.ts'
import { mqttFromSchema, type MqttFrom } from './mqtt/config.ts'
import { deadLettersOf } from './topics.ts'

const topicName = kafkaSchema.shape.topic.unwrap()

const kafkaFromSchema = kafkaSchema.omit({ name: true, batch: true }).extend({
  user: z.string().min(1).default('sink').describe('needs to read the topic and the group, and to write and read the dead letters'),
  group: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, 'letters, digits and . _ - only')
    .describe('sinks of one group share the work; each store has a group of its own'),
  deadLetters: topicName.optional().describe('topic of records that can never be stored; absent: that of the readings with `.dead`'),
  session: z
    .number()
    .int()
    .min(6000)
    .max(300_000)
    .default(10_000)
    .describe('milliseconds without a sign of life after which the others of the group take over'),
  fetch: z
    .number()
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(64 * 1024)
    .describe('most bytes of a partition asked for at a time, as they are on the broker: compressed, so some ten times as many in memory'),
})

const fromSchema = z.discriminatedUnion('type', [kafkaFromSchema, mqttFromSchema])

/** Where a sink may take readings from. */
export const sources = ['kafka', 'mqtt'] as const

/** Where nothing can be stored that a sink brings. */
export const isStore = ({ type }: Pick<AnyKind, 'type'>): boolean => !sources.some(source => source === type)

/** The sink's JSON config. It holds no secret: passwords are in files it names. */
const schemaOf = (kinds: Kinds) =>
  z.strictObject({
    from: fromSchema,
    to: backendsOf(kinds.filter(isStore)).describe('the store that gets every reading'),
    metrics: metricsSchema.extend({ port: metricsSchema.shape.port.unwrap().default(9465) }).prefault({}),
  })

/** What is written in the file: everything with a default may be left out. */
export interface SinkConfig {
  readonly from: z.input<typeof fromSchema>
  readonly to: z.input<(typeof registered)[number]['schema']>
  readonly metrics?: z.input<typeof metricsSchema>
}

/** The config of where records come from. */
export type FromSettings = (z.output<typeof kafkaFromSchema> & { readonly deadLetters: string }) | MqttFrom
/** The same of Kafka. */
export type KafkaFrom = FromSettings & { readonly type: 'kafka' }

/** The config with its defaults. */
export interface SinkSettings {
  readonly from: FromSettings
  readonly to: AnyConfig
  readonly metrics: { readonly address: string; readonly port: number }
}

/** Reads and checks a config file. @throws {Problem} which names every wrong field */
export const loadSinkConfig = (path: string, kinds: Kinds): SinkSettings =>
  parseSinkConfig(readText(path, 'give the sink’s JSON config with --config FILE'), path, kinds)

/** The settings of a config's text; `path` is for its errors. @throws {Problem} */
export function parseSinkConfig(text: string, path: string, kinds: Kinds): SinkSettings {
  const parsed = schemaOf(kinds).safeParse(parseJson(text, path))
  if (!parsed.success)
    throw new Problem(`${path} is no valid config:\n${faultsOf(parsed.error)}`, 'correct these fields; docs/sink.md lists all of them')
  const { from, ...rest } = parsed.data
  if (from.type === 'mqtt') return { ...rest, from }
  return { ...rest, from: { ...from, deadLetters: from.deadLetters ?? deadLettersOf(from.topic) } }
}
