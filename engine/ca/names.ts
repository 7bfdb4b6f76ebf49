import { isIP } from 'node:net'
import { spelled } from '../inventory/address.ts'
import type { Host } from '../inventory/types.ts'

/** What a host is called by those who connect to it: its name and its address, a DNS name or an IP address. */
export function namesOf({ name, address }: Pick<Host, 'name' | 'address'>): readonly string[] {
  return [...new Set([name, address].map(spelled))]
}

/** The subject alternative names of a certificate as node shows them (`DNS:pi3, IP Address:10.0.0.1`), in that spelling. */
export function namesIn(alternative: string | undefined): readonly string[] {
  return (alternative ?? '')
    .split(', ')
    .filter(Boolean)
    .map(name => spelled(name.replace(/^(DNS|IP Address):/, '')))
}

/** How a certificate holds a name. */
export const kindOf = (name: string): 'ip' | 'dns' => (isIP(name) ? 'ip' : 'dns')
