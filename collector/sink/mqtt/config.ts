import * as z from 'zod'
import { mqttSchema } from '../../backends/mqtt/config.ts'

/** Where a sink takes readings from a broker of MQTT. */
export const mqttFromSchema = mqttSchema.pick({ type: true, hosts: true, port: true, certificate: true, tls: true, timeout: true }).extend({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'letters, digits and . _ - only')
    .default('sink')
    .describe('whose certificate it is; also the name of its session at the broker'),
  topic: z
    .string()
    .regex(/^[^#\u0000]{1,256}$/, 'one level at most is open: +')
    .default('temperature/+/reading')
    .describe('what it subscribes to; + stands where the place is'),
  window: z.number().int().min(1).max(1000).default(500).describe('most messages that it has not stored yet'),
  expiry: z
    .number()
    .int()
    .min(60)
    .max(0xffff_fffe)
    .default(30 * 86_400)
    .describe('seconds that the broker keeps what comes while the sink is away'),
  deadLetters: z.string().min(1).default('/var/lib/sink/dead-letters.jsonl').describe('file of what can never be stored'),
})

export type MqttFrom = z.output<typeof mqttFromSchema>
