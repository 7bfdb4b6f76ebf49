import { isIP, isIPv6 } from 'node:net'

/**
 * An address in the one spelling all others are compared in: IPv6 compressed, without brackets and without a zone, which each machine names
 * for itself; IPv4 as such where it is written as IPv6. Names are in small letters.
 */
export function spelled(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  if (!isIPv6(bare)) return address.toLowerCase()
  const text = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text) ?? []
  if (high === undefined || low === undefined) return text
  const number = parseInt(high, 16) * 65_536 + parseInt(low, 16)
  return [24, 16, 8, 0].map(bits => (number >>> bits) & 255).join('.')
}

/** Whether two addresses are one, however they are spelled. */
export const isSameAddress = (one: string, other: string): boolean => spelled(one) === spelled(other)

/** 4 or 6; none for a name. */
export function familyOf(address: string): 4 | 6 | undefined {
  const family = isIP(spelled(address))
  return family === 4 || family === 6 ? family : undefined
}

/** Whether only the machine itself, or its cable, knows an address. */
export const isNearOnly = (address: string): boolean => /^(127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/.test(spelled(address))

/** An address in front of a port: IPv6 in brackets. */
export const withPort = (address: string, port: number): string => `${bracketed(address)}:${port}`

/** An address before a port may follow: IPv6 in brackets. */
export const bracketed = (address: string): string => (isIPv6(address) ? `[${address}]` : address)
