import { isIP, isIPv6 } from 'node:net'
import type { Shell } from '../../engine/resources/index.ts'
import { quote } from '../../engine/shell.ts'

/** Someone who may connect: the address the server sees, and the name the inventory has for it. */
export interface Client {
  readonly host: string
  readonly name?: string
}

/** Who may connect, what could not be resolved, and the hosts of accounts that nobody is left for. */
export interface Clients {
  readonly known: readonly Client[]
  readonly missing: readonly string[]
  readonly others: readonly string[]
}

/** An address as the server spells it: IPv6 has many spellings and it knows one. Names stay as they are. */
export function spelled(address: string): string {
  return isIPv6(address) && !address.includes('%') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}

const isName = (host: string): boolean => host !== 'localhost' && isIP(host) === 0

/**
 * Asks the Pi for the addresses of those hosts that are names, a line `address NAME ADDRESS` each. The server itself looks no names up:
 * what a name server on a home network says of an address is mostly another name than the one that was asked for.
 */
export function askAddresses(hosts: readonly string[]): Shell {
  const names = [...new Set(hosts.filter(isName))]
  if (names.length === 0) return ''
  return `for n in ${names.map(quote).join(' ')}; do getent ahosts "$n" | while read -r a k _; do [ "$k" = STREAM ] && printf 'address\\t%s\\t%s\\n' "$n" "$a"; done; done\n`
}

/** Addresses by name. One that only this Pi or its cable knows is none a producer comes from. */
export function readAddresses(rows: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, string[]>()
  for (const [kind, name = '', address = ''] of rows) {
    if (kind !== 'address' || /^(127\.|::1$|fe80:)/i.test(address)) continue
    addresses.set(name, [...(addresses.get(name) ?? []), spelled(address)])
  }
  return addresses
}

/**
 * Who may connect, of `hosts`, given the addresses of names and the hosts that accounts are there for. A name that cannot be resolved is
 * a Pi that is switched off, as long as there is an account for each such name: then none is removed, for one of them is its own.
 */
export function resolveClients(
  hosts: readonly string[],
  addresses: ReadonlyMap<string, readonly string[]>,
  accounts: readonly string[],
): Clients {
  const known = hosts.flatMap((host): Client[] =>
    isName(host) ? (addresses.get(host) ?? []).map(address => ({ host: address, name: host })) : [{ host: spelled(host) }],
  )
  const unresolved = hosts.filter(host => isName(host) && !addresses.has(host))
  const others = accounts.filter(account => !known.some(({ host }) => host === account))
  if (unresolved.length === 0) return { known, missing: [], others }
  return { known, missing: others.length >= unresolved.length ? [] : unresolved, others: [] }
}
