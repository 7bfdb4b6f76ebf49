import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

const identifier = z.string().regex(/^[A-Za-z0-9_$]{1,64}$/, 'letters, digits, _ and $ only')

/** What other roles may know of a MariaDB Pi; the schema is also the documentation. */
export const mariadbVars = z.strictObject({
  listen: listenVar.describe(
    'address clients reach it at, besides 127.0.0.1: 0.0.0.0 for all of IPv4, :: for all there is, 127.0.0.1 for this Pi alone; ' +
      'absent: the address of the inventory',
  ),
  port: z.number().int().min(1).max(65535).default(3306).describe('where producers and other clients reach it'),
  metricsPort: z.number().int().min(1).max(65535).default(9104).describe('mysqld exporter, for Prometheus'),
  metricsListen: listenVar,
  database: identifier.default('temperature').describe('database of the readings'),
  table: z
    .string()
    .regex(/^[A-Za-z0-9_$]{1,60}$/, 'letters, digits, _ and $ only, 60 at most')
    .default('reading')
    .describe('table of the readings; another name makes another table'),
  connections: z.number().int().min(5).max(500).default(40).describe('most clients at once'),
  bufferPool: z
    .number()
    .int()
    .min(5 * 1024 * 1024)
    .optional()
    .describe('InnoDB buffer pool in bytes; absent: an eighth of the RAM, 16 to 512 MiB'),
  durable: z
    .boolean()
    .default(true)
    .describe('each commit is on the card before it is acknowledged; false: once a second, several times as fast'),
  rootPassword: z
    .boolean()
    .default(false)
    .describe(
      'root of MariaDB has a password, of a server that was there before: the secret mariadb/root, which `secret set mariadb/root` takes',
    ),
  copyFrom: z
    .union([z.number().int().min(0), z.literal('never')])
    .default(2 * 1024 ** 3)
    .describe('bytes of tables from which a backup is a copy of the files (mariadb-backup), not a dump; never: always a dump'),
  tls: z.boolean().default(true).describe('producers speak TLS, with a certificate of the fleet; false: in clear, for a network you trust'),
})

export type MariadbVars = z.output<typeof mariadbVars>

/** What the names of producers' accounts begin with; their producer's name follows. */
export const accountPrefix = 'collector-'

/** The account one producer writes with, and the name of its secret. A host's name has 63 letters at most, a user's 128. */
export function producerAccount(producer: string): { readonly user: string; readonly secret: string } {
  return { user: `${accountPrefix}${producer}`, secret: `mariadb/collector/${producer}` }
}

/** What the names of sinks' accounts begin with; their host's name follows. */
export const sinkPrefix = 'sink-'

/** The account one sink writes with, and the name of its secret. */
export function sinkAccount(host: string): { readonly user: string; readonly secret: string } {
  return { user: `${sinkPrefix}${host}`, secret: `mariadb/sink/${host}` }
}

/** What the names of the accounts of jobs begin with; their host's name follows. */
export const jobPrefix = 'job-'

/** The account that the jobs of one host write with, and the name of its secret. */
export function jobAccount(host: string): { readonly user: string; readonly secret: string } {
  return { user: `${jobPrefix}${host}`, secret: `mariadb/job/${host}` }
}

/** The account that all producers had in common before each had its own. */
export const sharedAccount = 'collector'

/** The view through which producers write into a table: each sees and makes its own rows. */
export const ownView = (table: string): string => `own_${table}`
