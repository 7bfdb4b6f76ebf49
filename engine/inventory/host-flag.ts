import { isIPv6 } from 'node:net'
import { UsageError } from '../errors.ts'
import { parseJump } from './jumps.ts'
import { isAddress, isHostName } from './schema.ts'

/** A host as a command line names it. */
export interface FlaggedHost {
  readonly name: string
  readonly address: string
  readonly user?: string
  readonly port?: number
}

/**
 * Takes `name=[user@]address[:port]` apart.
 * @throws UsageError with what is wrong with it
 */
export function parseHostFlag(text: string): FlaggedHost {
  const at = text.indexOf('=')
  const [name, way] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)]
  if (at < 0) throw new UsageError(`"${text}" is not NAME=ADDRESS`, 'such as producer1=192.168.1.21, or kitchen=anna@kitchen.local:2222')
  if (!isHostName(name)) throw new UsageError(`"${name}" is no name for a Pi`, 'lower-case letters, digits and hyphens')
  const parsed = isIPv6(way) ? { host: way } : parseJump(way)
  if (!parsed || !isAddress(parsed.host)) throw new UsageError(`"${way}" is neither an IP address nor a DNS name`)
  const { host: address, ...rest } = parsed
  return { name, address, ...rest }
}
