import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

const identifier = z.string().regex(/^[A-Za-z0-9_$]{1,64}$/, 'letters, digits, _ and $ only')

/** What other roles may know of a MariaDB Pi; the schema is also the documentation. */
export const mariadbVars = z.strictObject({
  listen: listenVar
    .describe('address clients reach it at, besides 127.0.0.1: 0.0.0.0 for all of IPv4, :: for all there is, 127.0.0.1 for this Pi alone; absent: the address of the inventory'),
  port: z.number().int().min(1).max(65535).default(3306),
  database: identifier.default('temperature'),
  table: identifier.default('reading'),
  connections: z.number().int().min(5).max(500).default(40).describe('most clients at once'),
  bufferPool: z.number().int().min(5 * 1024 * 1024).optional().describe('InnoDB buffer pool in bytes; absent: an eighth of the RAM, 16 to 512 MiB'),
  durable: z.boolean().default(true).describe('each commit is on the card before it is acknowledged; false: once a second, several times as fast'),
})

export type MariadbVars = z.output<typeof mariadbVars>

/** The account producers write with, and the name of its secret. */
export const producerAccount = { user: 'collector', secret: 'mariadb/collector' } as const
