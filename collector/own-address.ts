import { lookup, resolve4, resolve6 } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Addresses of this machine that others reach. */
function reachable(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return new Set(all.flatMap(({ internal, address }) => (internal || /^fe[89ab]/i.test(address) ? [] : [address])))
}

/** Where a name may be asked for. What /etc/hosts says of the machine's own name is mostly loopback: then the name servers are asked. */
const sources: readonly ((name: string) => Promise<string[]>)[] = [
  async name => (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address),
  name => resolve4(name),
  name => resolve6(name),
]

/**
 * The address of this machine that a name stands for, IPv4 first; never loopback, but for `localhost`. An address is what it is.
 * Undefined while the name stands for none this machine has: the network may not be there yet.
 */
export async function ownAddress(name: string): Promise<string | undefined> {
  if (isIP(name) !== 0) return name
  if (name === 'localhost') return '127.0.0.1'
  for (const ask of sources) {
    const own = reachable()
    const found = (await ask(name).catch(() => [])).filter(address => own.has(address))
    const address = found.find(each => isIP(each) === 4) ?? found[0]
    if (address !== undefined) return address
  }
  return undefined
}
