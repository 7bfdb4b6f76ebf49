import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

/** Variables of the collector role. */
export const collectorVars = z.strictObject({
  interval: z.number().min(1).default(1000).describe('milliseconds between readings'),
  note: z.string().max(200).default('').describe('reading_note; {sequence} becomes the number of the reading'),
  sensor: z.string().min(1).default('/sys/class/thermal/thermal_zone0/temp').describe('thermal zone, thousandths of a degree'),
  backends: z
    .array(z.string().min(1))
    .min(1)
    .refine(list => new Set(list).size === list.length, 'each once')
    .optional()
    .describe('kinds of store that get every reading, e.g. [mariadb, cassandra]; absent: all the fleet has'),
  store: z.string().optional().describe('host whose store takes the readings, where the fleet has several of a kind; absent: the first'),
  listen: listenVar,
  metricsPort: z.number().int().min(1).max(65535).default(9464).describe('health page and figures for Prometheus'),
  memoryMax: z.number().int().min(64).default(96).describe('limit of the agent in MiB; it needs 60 to 75'),
})

export type CollectorVars = z.output<typeof collectorVars>
