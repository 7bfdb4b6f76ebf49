import * as z from 'zod'
import { hostsSchema } from '../address.ts'
import { nameSchema, passwordFileSchema } from '../fields.ts'
import { tlsOfSeveralSchema } from '../tls.ts'

export const kafkaSchema = z.strictObject({
  type: z.literal('kafka'),
  name: nameSchema('kafka'),
  hosts: hostsSchema
    .default(['127.0.0.1'])
    .describe('brokers to ask for the cluster, host or host:port; the others are found through them, so name several'),
  port: z.number().int().min(1).max(65535).default(9092).describe('for hosts without one'),
  user: z.string().min(1).default('collector').describe('needs to write the topic (SCRAM-SHA-512)'),
  passwordFile: passwordFileSchema,
  tls: tlsOfSeveralSchema
    .optional()
    .describe('speak TLS, and only with brokers whose certificate is for their address or one of `names`; absent: in clear'),
  topic: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, 'letters, digits and . _ - only')
    .default('temperature'),
  batch: z.number().int().min(1).max(5000).default(500).describe('most readings in one request, when catching up'),
  timeout: z
    .number()
    .int()
    .min(100)
    .default(10_000)
    .describe('milliseconds until an unanswered request is given up and sent again; a connect may take three times that'),
})

export type KafkaConfig = z.output<typeof kafkaSchema>
