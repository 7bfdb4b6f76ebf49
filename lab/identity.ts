import { createHash } from 'node:crypto'

/**
 * Names of everything a lab makes on the machine. All begin with a prefix derived from the fleet's name, so that labs run side by side
 * and `down` can find its own things, and nobody else's, without having written anything down.
 */
export interface Identity {
  readonly prefix: string
  readonly bridge: string
  /** Ethernet address of the bridge. */
  readonly mac: string
  readonly chain: string
  /** Machine side of a host's link; `octet` is the last number of its address. At most 15 characters, the kernel's limit. */
  link(octet: number): string
  /** Host side of a host's link before it is moved and renamed to eth0. */
  peer(octet: number): string
  /** In a bad cable: its two virtual cards, and the small bridge between the first and the link. */
  near(octet: number): string
  far(octet: number): string
  splice(octet: number): string
  netns(host: string): string
  machine(host: string): string
}

/** The identity of the lab of the fleet of that name. */
export function identityOf(fleetName: string): Identity {
  const prefix = `tf${createHash('sha256').update(fleetName).digest('hex').slice(0, 6)}`
  return {
    prefix,
    bridge: `${prefix}br`,
    mac: `02:${prefix.slice(2, 4)}:${prefix.slice(4, 6)}:${prefix.slice(6, 8)}:00:fe`,
    chain: prefix.toUpperCase(),
    link: octet => `${prefix}v${octet}`,
    peer: octet => `${prefix}p${octet}`,
    near: octet => `${prefix}n${octet}`,
    far: octet => `${prefix}f${octet}`,
    splice: octet => `${prefix}s${octet}`,
    netns: host => `${prefix}-${host}`,
    machine: host => `${prefix}-${host}`,
  }
}
