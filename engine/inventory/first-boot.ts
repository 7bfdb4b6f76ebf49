import { isIPv4 } from 'node:net'
import * as z from 'zod'
import { valueSource } from './value-source-schema.ts'

/** What a new card is told for its first start; a Pi that runs ignores it. */
export const firstBoot = z.object({
  wifi: z
    .object({
      ssid: z.string().min(1).max(32),
      /** Where the Pi stands: what it may send on. Two letters, ISO 3166. */
      country: z.string().regex(/^[A-Z]{2}$/, { error: 'must be two capital letters, such as DE' }),
      /** Absent: an open network. */
      password: valueSource.optional(),
      hidden: z.boolean().default(false),
    })
    .optional(),
  /** A fixed address, the host's own; absent: what the router gives. */
  network: z
    .object({
      prefix: z.int().min(8).max(30).default(24),
      gateway: z.string().refine(isIPv4, { error: 'must be an IPv4 address' }),
      dns: z.array(z.string().refine(isIPv4, { error: 'must be an IPv4 address' })).optional(),
      /** Absent: Wi-Fi where there is any, the cable otherwise. */
      interface: z.enum(['eth0', 'wlan0']).optional(),
    })
    .optional(),
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/, { error: 'must be a name like Europe/Berlin' })
    .optional(),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}_[A-Z]{2}\.UTF-8$/, { error: 'must be a name like de_DE.UTF-8' })
    .optional(),
  keyboard: z
    .string()
    .regex(/^[a-z]{2,5}$/, { error: 'must be a layout like de' })
    .optional(),
})

/** What the inventory says of a card's first start. */
export type FirstBootInput = z.infer<typeof firstBoot>
