import { isIP } from 'node:net'
import type { Fleet } from '../../engine/inventory/types.ts'

/**
 * /etc/hosts with every host of the fleet, so that no Pi waits for a name server that is not there.
 * `more` adds names of the user's own. Hosts whose address is a name are left to DNS.
 */
export function hostsFile(self: string, fleet: Fleet, more: Readonly<Record<string, string>>): string {
  const fleetLines = fleet.hosts.filter(host => isIP(host.address)).map(host => `${host.address} ${host.name}`)
  const moreLines = Object.entries(more).map(([name, address]) => `${address} ${name}`)
  return [
    '# Written by provision; more names go into the variable `hosts` of the role base.',
    '127.0.0.1 localhost',
    `127.0.1.1 ${self}`,
    '::1 localhost ip6-localhost ip6-loopback',
    'ff02::1 ip6-allnodes',
    'ff02::2 ip6-allrouters',
    ...fleetLines,
    ...moreLines,
    '',
  ].join('\n')
}
