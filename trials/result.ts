import * as z from 'zod'

const share = z.number()
const latency = z.object({ mean: z.number(), p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
const loadFigures = z.object({
  tps: z.number(),
  stored: z.number(),
  errors: z.number(),
  /** The same, by code. */
  codes: z.record(z.string(), z.number()).default({}),
  cpu: z.number(),
  latency,
  sent: latency,
})
const hostFigures = z.object({
  cpu: share,
  core: share,
  cores: z.number(),
  disk: share,
  io: z.number(),
  diskBytes: z.number(),
  memory: share,
  available: z.number(),
  net: z.number(),
  netShare: share.optional(),
  waits: z.object({ cpu: share.optional(), io: share.optional(), memory: share.optional() }),
  faults: z.number(),
  swapped: z.number(),
  temperature: z.number().optional(),
  throttled: z.array(z.string()),
  trips: z.record(z.string(), z.number()),
})
const values = z.array(z.number().nullable())
const trialSchema = z.object({
  backend: z.string(),
  /** Of each producer. */
  threads: z.number(),
  /** Where it was another than the agents'. */
  broker: z.string().optional(),
  /** Which of several, from 1, where all trials were made more than once. */
  round: z.number().optional(),
  /** The agents' kind of backend, where it is not the name above. */
  by: z.string().optional(),
  /** When what counts began, in seconds since 1970, and how long it took. */
  began: z.number(),
  seconds: z.number(),
  /** Seconds of the warm-up; steady: it ended by its rule, and not at its longest. */
  warmUp: z.object({ seconds: z.number(), steady: z.boolean() }),
  all: loadFigures,
  producers: z.array(z.object({ host: z.string(), figures: loadFigures })),
  hosts: z.array(z.object({ host: z.string(), figures: hostFigures.optional(), missing: z.string().optional() })),
  bottlenecks: z.array(
    z.object({ host: z.string(), resource: z.enum(['CPU', 'one core', 'disk', 'memory', 'network', 'round trip']), figure: z.string() }),
  ),
  /** A value for each second from the begin of the warm-up on; `measured`: the first that counts. */
  series: z.object({
    measured: z.number(),
    tps: values,
    p99: values,
    /** Of virtual Pis: how fast their machine was, in a unit of its own. */
    machine: values.optional(),
    hosts: z.array(z.object({ host: z.string(), cpu: values, disk: values, memory: values, net: values, temperature: values })),
  }),
})

/** What `bench run` measured: what it writes as JSON, and `bench compare` reads. Times in seconds, latencies in milliseconds. */
export const resultSchema = z.object({
  bench: z.literal(1),
  fleet: z.string(),
  /** Seconds since 1970. */
  made: z.number(),
  duration: z.number(),
  /** Readings a second of all producers together; null: as fast as it goes. */
  rate: z.number().nullable(),
  producers: z.array(z.string()),
  trials: z.array(trialSchema),
  /** What could not be measured, and why. */
  problems: z.array(z.string()),
})

export type Trial = z.output<typeof trialSchema>
export type Result = z.output<typeof resultSchema>
