import { readFileSync } from 'node:fs'
import * as z from 'zod'
import type { AnyConfig, Kinds } from './backends/kind.ts'
import type { registered } from './backends/registry.ts'
import { Problem, codeOf, sentence } from './problem.ts'
import { defaultSensor } from './sensor.ts'
import { timesyncdMark } from './synchronized.ts'

const queueSchema = z.strictObject({
  directory: z.string().min(1).default('/var/lib/collector/queue').describe('made if missing; one agent at a time'),
  maxBytes: z
    .number()
    .int()
    .min(65_536)
    .default(64 * 1024 * 1024)
    .describe('when full the oldest eighth is dropped, counted and logged; 64 MiB is about a million readings'),
  maxReadings: z.number().int().min(8).optional().describe('a second bound, in readings'),
  sync: z
    .enum(['behind', 'always', 'never'])
    .default('behind')
    .describe(
      'when readings are forced to the card: while a backend lacks them (then every syncInterval, else every 30 s), always, or never',
    ),
  syncInterval: z.number().int().min(100).default(1000).describe('milliseconds; what a power cut may take'),
})

export const metricsSchema = z.strictObject({
  address: z
    .string()
    .min(1)
    .default('0.0.0.0')
    .describe('where /metrics and /healthz listen: an address, or a name of this machine; one that is not there yet is waited for'),
  port: z.number().int().min(0).max(65535).default(9464).describe('0 for any free one'),
})

/** The agent's JSON config, with backends of these kinds. It holds no secret: passwords are in files it names. */
const schemaOf = (kinds: Kinds) =>
  z
    .strictObject({
      location: z.string().min(1).max(64).describe('reading_location: one name a producer, never shared by two'),
      note: z
        .string()
        .max(200)
        .default('')
        .describe('reading_note; {sequence} becomes the number of the reading, for proofs that none is missing'),
      interval: z.number().min(1).optional().describe('milliseconds between readings; default 1000'),
      rate: z.number().positive().max(1000).optional().describe('readings a second, instead of interval'),
      sensor: z.string().min(1).default(defaultSensor).describe('thermal zone: a file with thousandths of a degree'),
      clockMark: z
        .string()
        .min(1)
        .default(timesyncdMark)
        .describe('file that is there once the clock is synchronised; where it is not, timedatectl is asked'),
      queue: queueSchema.prefault({}),
      metrics: metricsSchema.prefault({}),
      deadLetters: z
        .string()
        .min(1)
        .default('/var/lib/collector/dead-letters.jsonl')
        .describe('readings a backend can never store, one JSON a line; kept below 1 MiB'),
      backends: z
        .array(backendsOf(kinds))
        .min(1)
        .refine(list => new Set(list.map(({ name }) => name)).size === list.length, 'two backends have the same name')
        .describe('each gets every reading, at its own pace'),
    })
    .refine(({ interval, rate }) => interval === undefined || rate === undefined, 'give interval or rate, not both')

type Schema = ReturnType<typeof schemaOf>

/** What is written in the file: everything with a default may be left out. */
export type CollectorConfig = Omit<z.input<Schema>, 'backends'> & {
  readonly backends: readonly z.input<(typeof registered)[number]['schema']>[]
}

/** The config with its defaults. */
export type CollectorSettings = z.output<Schema>

/** Configs of these kinds, told apart by `type`. */
export function backendsOf(kinds: Kinds): z.ZodType<AnyConfig> {
  const [first, ...others] = kinds.map(({ schema }) => schema)
  if (!first) throw new Error('there are no backends')
  return z.discriminatedUnion('type', [first, ...others])
}

/**
 * Reads and checks a config file.
 * @throws {Problem} which names every wrong field
 */
export function loadConfig(path: string, kinds: Kinds): CollectorSettings {
  return parseConfig(readText(path, 'give the agent’s JSON config with --config FILE'), path, kinds)
}

/** The settings of a config's text; `path` is for its errors. @throws {Problem} */
export function parseConfig(text: string, path: string, kinds: Kinds): CollectorSettings {
  const parsed = schemaOf(kinds).safeParse(parseJson(text, path))
  if (parsed.success) return parsed.data
  throw new Problem(`${path} is no valid config:\n${faultsOf(parsed.error)}`, 'correct these fields; docs/collector.md lists all of them')
}

/** Every wrong field, a line each. */
export function faultsOf({ issues }: Pick<z.ZodError, 'issues'>): string {
  return issues.map(issue => `  ${issue.path.join('.') || '(whole file)'}: ${issue.message}`).join('\n')
}

/** Milliseconds between two readings. */
export const intervalOf = ({ interval, rate }: CollectorSettings): number => interval ?? (rate === undefined ? 1000 : 1000 / rate)

/** @throws {Problem} with this remedy */
export function readText(path: string, remedy: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Problem(`cannot read the config ${path} (${codeOf(error)})`, remedy)
  }
}

/** @throws {Problem} */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem(`${path} is not JSON: ${sentence(error)}`, 'check the file with: python3 -m json.tool FILE')
  }
}
