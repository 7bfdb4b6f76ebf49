import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,47}$/, 'small letters, digits and _ only, a letter first')

/** What other roles may know of a Cassandra Pi; the schema is also the documentation. */
export const cassandraVars = z
  .strictObject({
    cluster: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[\w .-]+$/, 'letters, digits, blanks and . _ - only')
      .default('temperature')
      .describe('name of the ring; nodes of another name are refused by it'),
    port: z.number().int().min(1).max(65535).default(9042).describe('where producers and other clients reach a node'),
    metricsPort: z.number().int().min(1).max(65535).default(9404).describe('JMX exporter, for Prometheus'),
    metricsListen: listenVar.describe(
      'where the JMX exporter listens: 0.0.0.0 or :: for everybody, 127.0.0.1 for this Pi alone; absent: where the node does',
    ),
    keyspace: identifier.default('temperature').describe('keyspace of the readings'),
    table: identifier.default('reading').describe('table of all readings, each a partition of its own; they stay for ever'),
    byDay: identifier
      .default('reading_by_day')
      .describe('table of the same readings by place and day, newest first: answers what was measured when'),
    compaction: z
      .enum(['TimeWindow', 'SizeTiered', 'Unified'])
      .default('TimeWindow')
      .describe(
        'how the server merges the files of `byDay`; TimeWindow lets those of a time that is over lie, and drops them whole when `retention` has passed',
      ),
    window: z
      .number()
      .int()
      .min(1)
      .max(366)
      .optional()
      .describe('days that TimeWindow merges into one file; absent: a thirtieth of `retention`, 7 without one'),
    // The server takes no row that would expire after January 2038.
    retention: z
      .number()
      .int()
      .min(1)
      .max(1825)
      .optional()
      .describe('days a row of `byDay` is kept after it was written; absent: for ever. Another one counts for rows written from then on'),
    tls: z
      .enum(['off', 'accept', 'prefer', 'require'])
      .default('require')
      .describe(
        'how nodes and clients talk; `off`: in clear, for a network you trust. A living ring goes a step at a time: see cassandra.md',
      ),
    producersRead: z.boolean().default(false).describe('producers may read the tables as well as write: `collect copy-by-day` does'),
    replication: z.number().int().min(1).max(7).default(1).describe('copies of each reading; never more than nodes'),
    repair: z
      .enum(['weekly', 'daily', 'off'])
      .default('weekly')
      .describe(
        'how often each node compares its copies with those of others, one node at a time; rows deleted longer than ten days before may come back without it',
      ),
    weight: z
      .number()
      .positive()
      .max(1000)
      .optional()
      .describe('share of the data, relative to other nodes; absent: the computing weight of the model, 10 without one'),
    tokens: z
      .enum(['computed', 'random'])
      .default('computed')
      .describe('computed: each node holds just what its weight asks for; random: the server draws them, as many as the weight asks for'),
    heap: z.number().int().min(96).optional().describe('Java heap in MiB; absent: a quarter of the RAM, 128 to 4096'),
    durable: z
      .boolean()
      .default(false)
      .describe(
        'each write is on the card before it is acknowledged; false: once a second, many times as fast; a power cut may lose that second',
      ),
    ringDelay: z
      .number()
      .int()
      .min(1)
      .max(120)
      .default(30)
      .describe('seconds a node waits for news of the ring before it joins or leaves; lower it in tests only'),
    tarball: z
      .strictObject({
        source: z.string().min(1).describe('path or http(s) address of apache-cassandra-5.0.x-bin.tar.gz'),
        sha512: z
          .string()
          .regex(/^[0-9a-fA-F]{128}$/, '128 hex digits')
          .describe('128 hex digits, as published beside it'),
      })
      .optional()
      .describe('the official tarball instead of what Maven resolves'),
  })
  .refine(({ table, byDay }) => table !== byDay, { error: 'table and byDay are two tables: give them two names', path: ['byDay'] })

export type CassandraVars = z.output<typeof cassandraVars>

/** The account that manages, with the name of its secret. */
export const adminAccount = { user: 'fleet', secret: 'cassandra/fleet' } as const

/** What the names of producers' accounts begin with; their producer's name follows. */
export const producerPrefix = 'collector-'

/** The account one producer writes with, and the name of its secret. */
export function producerAccount(producer: string): { readonly user: string; readonly secret: string } {
  return { user: `${producerPrefix}${producer}`, secret: `cassandra/collector/${producer}` }
}

/** What the names of sinks' accounts begin with; their host's name follows. */
export const sinkPrefix = 'sink-'

/** The account one sink writes with, and the name of its secret. */
export function sinkAccount(host: string): { readonly user: string; readonly secret: string } {
  return { user: `${sinkPrefix}${host}`, secret: `cassandra/sink/${host}` }
}

/** The account that all producers had in common before each had its own. */
export const sharedAccount = 'collector'

/** The secret that the salts of producers' passwords are drawn from. */
export const saltSecret = 'cassandra/salt'

/** Where GossipingPropertyFileSnitch puts every node: one rack, so that tokens alone decide. */
export const topology = { datacenter: 'dc1', rack: 'rack1' } as const

/** Do clients speak TLS? Only from the step on before which every node has learnt to take it, so that none is refused on the way. */
export const clientsSpeakTls = ({ tls }: Pick<CassandraVars, 'tls'>): boolean => tls === 'prefer' || tls === 'require'
