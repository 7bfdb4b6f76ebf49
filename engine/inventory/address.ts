import { isIPv6 } from 'node:net'

/** An address before a port may follow: IPv6 in brackets. */
export function bracketed(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}
