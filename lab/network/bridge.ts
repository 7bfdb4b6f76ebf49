import type { Identity } from '../identity.ts'
import type { Command } from '../run.ts'
import type { Subnet } from './addressing.ts'

/** Makes the lab's bridge; the machine itself is its gateway. */
export function makeBridge(id: Identity, subnet: Subnet): Command[] {
  return [
    // Left to itself a bridge has the lowest address of its ports, so another one when cables come and go: hosts would not find it.
    ['ip', 'link', 'add', id.bridge, 'address', id.mac, 'type', 'bridge'],
    ['ip', 'address', 'add', `${subnet.gateway}/24`, 'dev', id.bridge],
    ['ip', 'link', 'set', id.bridge, 'up'],
  ]
}

/** A pair of virtual Ethernet plugs, one on the machine, one still to be moved into the host. */
export function makeLink(link: string, peer: string): Command {
  return ['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', peer]
}

/** Plugs the machine's end into the bridge and the other into the host, where it becomes eth0 with the host's address. */
export function plugIn(id: Identity, subnet: Subnet, host: string, address: string, link: string, peer: string): Command[] {
  const inside = ['ip', '-n', id.netns(host)] as const
  return [
    ['ip', 'link', 'set', peer, 'netns', id.netns(host)],
    [...inside, 'link', 'set', peer, 'name', 'eth0'],
    [...inside, 'link', 'set', 'lo', 'up'],
    [...inside, 'address', 'add', `${address}/24`, 'dev', 'eth0'],
    [...inside, 'link', 'set', 'eth0', 'up'],
    [...inside, 'route', 'add', 'default', 'via', subnet.gateway],
    ['ip', 'link', 'set', link, 'master', id.bridge, 'up'],
  ]
}
