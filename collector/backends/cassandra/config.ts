import * as z from 'zod'
import { hostsSchema } from '../address.ts'
import { nameSchema, passwordFileSchema } from '../fields.ts'
import { tlsOfSeveralSchema } from '../tls.ts'

/** A keyspace or table as CQL keeps it when nobody quotes it. */
const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,47}$/, 'small letters, digits and _ only, a letter first')

export const cassandraSchema = z.strictObject({
  type: z.literal('cassandra'),
  name: nameSchema('cassandra'),
  hosts: hostsSchema
    .default(['127.0.0.1'])
    .describe('nodes to ask for the ring, host or host:port; the others are found through them, so name several'),
  port: z.number().int().min(1).max(65535).default(9042).describe('of every node of the ring'),
  user: z.string().min(1).default('collector').describe('needs MODIFY on the tables; SELECT as well for copy-by-day'),
  passwordFile: passwordFileSchema,
  tls: tlsOfSeveralSchema
    .optional()
    .describe('speak TLS, and only with nodes whose certificate is for their address or one of `names`; absent: in clear'),
  keyspace: identifier.default('temperature'),
  table: identifier.default('reading').describe('each reading a partition of its own'),
  byDay: identifier
    .optional()
    .describe(
      'second table, the same readings by location and day; a reading is stored when both have it. Absent: only the first is written',
    ),
  datacenter: z.string().min(1).default('dc1').describe('readings go to nodes of this one'),
  consistency: z
    .enum(['localOne', 'one', 'two', 'three', 'localQuorum', 'quorum', 'all'])
    .default('localOne')
    .describe('how many copies acknowledge before a reading counts as stored'),
  inflight: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(32)
    .describe(
      'most requests of a batch under way at a time: each reading is a partition of its own and goes alone, ' +
        'those of a day go to the second table together',
    ),
  batch: z.number().int().min(1).max(5000).default(200).describe('most readings taken from the queue at a time, when catching up'),
  timeout: z
    .number()
    .int()
    .min(100)
    .default(10_000)
    .describe('milliseconds until an unanswered request is given up and sent again; a connect may take twice that'),
})

export type CassandraConfig = z.output<typeof cassandraSchema>
