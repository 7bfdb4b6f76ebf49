import * as z from 'zod'

export interface Address {
  readonly host: string
  readonly port?: number
}

const shape = /^(?:\[([^\]]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/

/** `host`, `host:port`, `10.0.0.1:3306` or `[fd00::1]:3306`; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const [matched, six, host = six, port] = shape.exec(text) ?? []
  if (matched === undefined || host === undefined) return undefined
  if (port === undefined) return { host }
  return Number(port) > 0 && Number(port) < 65536 ? { host, port: Number(port) } : undefined
}

/** A list of hosts, tried in turn. */
export const hostsSchema = z
  .array(z.string().refine(text => parseAddress(text) !== undefined, 'not a host, host:port or [IPv6]:port'))
  .min(1)
