import * as z from 'zod'
import { hostsSchema } from '../address.ts'
import { nameSchema } from '../fields.ts'
import { tlsSchema } from '../tls.ts'

export const mqttSchema = z.strictObject({
  type: z.literal('mqtt'),
  name: nameSchema('mqtt'),
  hosts: hostsSchema.max(1, 'one broker').describe('the broker'),
  port: z.number().int().min(1).max(65535).default(8883).describe('for a host without one'),
  certificate: z.string().min(1).describe('file (PEM) with the certificate that is shown to the broker and its private key'),
  tls: tlsSchema.describe('what the broker’s certificate must be'),
  thing: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'letters, digits and . _ - only')
    .describe('whose certificate it is; also the name of the connection'),
  topic: z
    .string()
    .regex(/^[^+#\u0000]{1,256}$/, 'no wildcards')
    .default('temperature/{thing}/reading')
    .describe('{thing} becomes the thing’s name'),
  clientId: z.enum(['thing', 'own']).default('thing').describe('`own`: each connection has a name of its own, where the broker lets it'),
  qos: z.number().int().min(0).max(1).default(1).describe('0: a message counts when it is sent, whether it arrives or not'),
  heard: z
    .boolean()
    .default(true)
    .describe('a message counts only where somebody has subscribed, be he away or not: the broker throws others away'),
  messages: z.number().min(0).default(0).describe('a second at most; 0: no limit'),
  batch: z.number().int().min(1).max(1000).default(500).describe('most readings in one message, when catching up'),
  timeout: z.number().int().min(100).default(10_000).describe('milliseconds until a message that nobody acknowledged is sent again'),
})

export type MqttConfig = z.output<typeof mqttSchema>
