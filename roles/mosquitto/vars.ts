import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

/** Variables of the role mosquitto. */
export const mosquittoVars = z.strictObject({
  listen: listenVar,
  port: z.number().int().min(1).max(65535).default(8883).describe('where producers and sinks connect, over TLS'),
  connections: z.number().int().min(4).max(2000).default(100).describe('most clients at a time'),
  queue: z
    .number()
    .int()
    .min(4)
    .max(1024)
    .optional()
    .describe('MiB of memory for readings that wait for a sink which is away; absent: an eighth of the RAM, 16 to 128'),
  save: z
    .number()
    .int()
    .min(10)
    .max(86_400)
    .default(60)
    .describe('seconds between two writes of what waits: a power cut may cost what came since, and each writes all of it to the card'),
  keep: z
    .number()
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('days a sink may be away; then its session, and what waits for it, is forgotten'),
  revoked: z
    .array(z.string().regex(/^([0-9A-Fa-f]{2})+$/, 'a certificate’s number in hexadecimal'))
    .default([])
    .describe('numbers of certificates that are taken back, e.g. of a card that was lost; they stay here'),
})

export type MosquittoVars = z.output<typeof mosquittoVars>
