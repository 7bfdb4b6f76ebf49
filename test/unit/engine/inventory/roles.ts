import { z } from 'zod'
import { parseFleet } from '../../../../engine/inventory/parse.ts'
import { InventoryError } from '../../../../engine/inventory/problem.ts'
import { formatInventoryError } from '../../../../engine/inventory/format-problems.ts'
import type { RoleSchemas } from '../../../../engine/inventory/vars.ts'
import type { Fleet } from '../../../../engine/inventory/types.ts'

/** Roles that stand for real ones: the engine knows no product. */
export const roles: RoleSchemas = {
  base: { vars: z.object({}), conflicts: [] },
  store: {
    vars: z.object({
      port: z.number().int().min(1).default(7000),
      database: z.string().optional(),
      limits: z.object({ connections: z.number().default(10), idle: z.number().optional() }).optional(),
    }),
    conflicts: ['ring'],
  },
  ring: { vars: z.object({ tokens: z.number().int().positive() }), conflicts: [] },
  sender: { vars: z.strictObject({ every: z.number().default(1), to: z.string().default('store') }), conflicts: [] },
}

/** Parses a text as if it stood in hosts/pi.yaml of a project in /project. */
export function parse(text: string): Fleet {
  return parseFleet(text, '/project/hosts/pi.yaml', roles, { display: 'hosts/pi.yaml', home: '/home/pi' })
}

/** What a person reads when `text` is refused; empty when it is accepted. */
export function refusal(text: string): string {
  try {
    parse(text)
    return ''
  } catch (error) {
    if (error instanceof InventoryError) return formatInventoryError(error)
    throw error
  }
}
