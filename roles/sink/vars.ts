import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

/** Variables of the role sink. */
export const sinkVars = z.strictObject({
  from: z.enum(['kafka', 'mqtt']).default('kafka').describe('kind of broker it takes readings from: kafka, or mqtt (the role mosquitto)'),
  broker: z.string().optional().describe('host whose broker of MQTT it is, where the fleet has several; absent: the first'),
  to: z.string().min(1).default('mariadb').describe('kind of store that gets every reading of the topic: mariadb or cassandra'),
  store: z.string().optional().describe('host whose store it is, where the fleet has several of the kind; absent: the first'),
  group: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/, 'letters, digits and . _ - only')
    .optional()
    .describe('sinks of one group share the work; absent: one group for each store. Another one begins with the first reading again'),
  batch: z.number().int().min(1).max(5000).default(1000).describe('most readings stored at a time'),
  listen: listenVar,
  metricsPort: z.number().int().min(1).max(65535).default(9465).describe('health page and figures for Prometheus'),
  memoryMax: z.number().int().min(96).default(160).describe('limit of the sink in MiB'),
})

export type SinkVars = z.output<typeof sinkVars>

/** As which group a sink reads. */
export const groupOf = ({ to, store, group }: Pick<SinkVars, 'to' | 'store' | 'group'>): string =>
  group ?? ['sink', to, ...(store === undefined ? [] : [store])].join('.')
