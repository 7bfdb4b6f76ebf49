import { isIP } from 'node:net'
import * as z from 'zod'
import { parseMemorySize } from './memory-size.ts'
import { modelNames } from './models.ts'
import { firstBoot } from './first-boot.ts'
import { architectures, releases } from './types.ts'
import { valueSource } from './value-source-schema.ts'

/**
 * A memory size as inventories write it (`512MiB`), in bytes once parsed; roles may use it for their variables.
 * Takes its own result too, so that variables that were checked once can be checked again.
 */
export const memorySize = z
  .union([z.string(), z.number()], { error: 'must be a memory size like 512MiB or 1GiB' })
  .transform((given, context): number => {
    const bytes = typeof given === 'string' ? parseMemorySize(given) : given
    // No size here is below a MiB: a bare small number was meant in another unit.
    if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= 2 ** 20) return bytes
    context.addIssue({ code: 'custom', message: `is not a memory size: ${JSON.stringify(given)}; write it like 512MiB or 1GiB` })
    return z.NEVER
  })

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Is this a name a Pi can carry as its hostname? */
export function isHostName(name: string): boolean {
  return label.test(name)
}

/** Is this an IP address or a DNS name? */
export function isAddress(text: string): boolean {
  if (isIP(text) !== 0) return true
  // Digits and dots alone can only have been meant as an IP address; a colon as an IPv6 one.
  if (/^[\d.]+$/.test(text) || text.length > 253) return false
  return text.split('.').every(part => label.test(part.toLowerCase()))
}

/** What was meant by an address that is none, where that can be seen. */
function meant(text: string): string {
  const [, user, host = text] = /^([^@\s]+)@(.+)$/.exec(text) ?? []
  const [, alone, port] = /^(?:\[(.*)\]|([^:]*)):(\d{1,5})$/.exec(host)?.flatMap(part => part ?? []) ?? []
  const keys = [...(user === undefined ? [] : [`user: ${user}`]), ...(port === undefined ? [] : [`port: ${port}`])]
  const left = alone ?? host
  return keys.length > 0 && isAddress(left) ? `; write address: ${left}, ${keys.join(', ')}` : ''
}

const address = z
  .string()
  .refine(isAddress, { error: issue => `is neither an IP address nor a DNS name: "${String(issue.input)}"${meant(String(issue.input))}` })
const names = z.array(z.string())
const roleVars = z.record(z.string(), z.record(z.string(), z.unknown()))
const jump = z.union([z.string().transform(hop => [hop]), names], { error: 'must be a host to hop through, or a list of them' })

const lab = z.object({
  cpu: z.number().positive().optional(),
  memory: memorySize.optional(),
  delay: z.number().min(0).optional(),
  sudoPassword: z.string().min(1).optional(),
})

const shared = {
  user: z.string().min(1).optional(),
  port: z.int().min(1).max(65535).optional(),
  jump: jump.optional(),
  model: z.enum(modelNames).optional(),
  os: z.enum(releases).optional(),
  arch: z.enum(architectures).optional(),
  roles: names.optional(),
  vars: roleVars.optional(),
  sudoPassword: valueSource.optional(),
  lab: lab.optional(),
  firstBoot: firstBoot.optional(),
}

/** What a group says for all its hosts. */
export const groupSchema = z.object(shared)
export type GroupInput = z.infer<typeof groupSchema>

/** What the inventory says of one host. */
export const hostSchema = z.object({ address, groups: names.optional(), ...shared })
export type HostInput = z.infer<typeof hostSchema>

/** The outermost keys; each group and host is checked on its own, so that one mistake hides no other. */
export const fleetSchema = z.object({
  fleet: z.string().refine(isHostName, { error: 'must be a short name of lower-case letters, digits and hyphens' }),
  ssh: z
    .object({
      identity: z.string().min(1).optional(),
      knownHosts: z.string().min(1).optional(),
      connectTimeout: z.number().positive().max(3600).default(10),
      keepalive: z.number().min(0).max(3600).default(15),
    })
    .prefault({}),
  vars: roleVars.default({}),
  firstBoot: firstBoot.optional(),
  groups: z.record(z.string(), z.unknown()).default({}),
  hosts: z.record(z.string(), z.unknown()),
})
export type FleetInput = z.infer<typeof fleetSchema>
