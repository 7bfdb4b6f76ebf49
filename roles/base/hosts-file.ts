import { isIP } from 'node:net'
import type { Fleet } from '../../engine/inventory/types.ts'
import { markedBlock } from '../../engine/resources/block.ts'

/** How files of earlier versions begin, which wrote all of /etc/hosts. */
export const wholeBegins = '# Written by provision; more names go into the variable `hosts` of the role base.'

/** What a Debian says of itself. */
export const ownNames = [
  '127.0.0.1 localhost',
  '::1 localhost ip6-localhost ip6-loopback',
  'ff02::1 ip6-allnodes',
  'ff02::2 ip6-allrouters',
  '',
].join('\n')

/**
 * Every host of the fleet for /etc/hosts, so that no Pi waits for a name server that is not there.
 * `more` adds names of the user's own. Hosts whose address is a name are left to DNS.
 */
export function hostsLines(self: string, fleet: Fleet, more: Readonly<Record<string, string>>): readonly string[] {
  return [
    '# More names go outside of this block, or into the variable `hosts` of the role base.',
    `127.0.1.1 ${self}`,
    ...fleet.hosts.filter(host => isIP(host.address)).map(host => `${host.address} ${host.name}`),
    ...Object.entries(more).map(([name, address]) => `${address} ${name}`),
  ]
}

/** The same as a whole file, of a Pi that has no other names. */
export function hostsFile(self: string, fleet: Fleet, more: Readonly<Record<string, string>>): string {
  return markedBlock(hostsLines(self, fleet, more)) + ownNames
}
