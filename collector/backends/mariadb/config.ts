import * as z from 'zod'
import { hostsSchema } from '../address.ts'
import { nameSchema, passwordFileSchema } from '../fields.ts'
import { tlsSchema } from '../tls.ts'

/** A name that goes into SQL between backticks. */
const identifier = z.string().regex(/^[A-Za-z0-9_$]{1,64}$/, 'letters, digits, _ and $ only')

export const mariadbSchema = z.strictObject({
  type: z.literal('mariadb'),
  name: nameSchema('mariadb'),
  hosts: hostsSchema.default(['127.0.0.1']).describe('host or host:port, tried in turn'),
  port: z.number().int().min(1).max(65535).default(3306).describe('for hosts without one'),
  user: z.string().min(1).default('collector').describe('needs INSERT and SELECT on the table or view'),
  passwordFile: passwordFileSchema,
  tls: tlsSchema.optional().describe('speak TLS, and only with a server that shows who it is; absent: in clear'),
  database: identifier.default('temperature'),
  table: identifier.default('reading'),
  batch: z.number().int().min(1).max(5000).default(200).describe('most readings in one INSERT, when catching up'),
  timeout: z
    .number()
    .int()
    .min(100)
    .default(10_000)
    .describe('milliseconds until an unanswered INSERT or connect is given up and sent again'),
})

export type MariadbConfig = z.output<typeof mariadbSchema>
