import { createHash } from 'node:crypto'

/**
 * Names of everything a lab makes on the machine. All begin with a prefix derived from the fleet's name, so that labs run side by side
 * and `down` can find its own things, and nobody else's, without having written anything down.
 */
export interface Identity {
  readonly prefix: string
  readonly bridge: string
  readonly chain: string
  /** Machine side of a host's link; `octet` is the last number of its address. At most 15 characters, the kernel's limit. */
  link(octet: number): string
  /** Host side of a host's link before it is moved and renamed to eth0. */
  peer(octet: number): string
  netns(host: string): string
  machine(host: string): string
}

/** The identity of the lab of the fleet of that name. */
export function identityOf(fleetName: string): Identity {
  const prefix = `tf${createHash('sha256').update(fleetName).digest('hex').slice(0, 6)}`
  return {
    prefix,
    bridge: `${prefix}br`,
    chain: prefix.toUpperCase(),
    link: octet => `${prefix}v${octet}`,
    peer: octet => `${prefix}p${octet}`,
    netns: host => `${prefix}-${host}`,
    machine: host => `${prefix}-${host}`,
  }
}
