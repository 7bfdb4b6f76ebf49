import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { LabError } from '../errors.ts'

/** The lab's own network: one /24. */
export interface Subnet {
  /** First three numbers, `10.77.0`. */
  readonly base: string
  /** The bridge's own address: `.1`. */
  readonly gateway: string
  readonly cidr: string
}

/** Last number of an IPv4 address. */
export function octetOf(address: string): number {
  return Number(address.split('.')[3])
}

/**
 * The /24 that all hosts of a fleet share.
 * @throws LabError naming every host that cannot be a host of a lab: an address that is no IPv4, outside the others' /24, or the gateway's.
 */
export function subnetOf(fleet: Fleet): Subnet {
  const first = fleet.hosts[0]
  if (!first) throw new LabError(`${fleet.file} has no hosts: there is nothing to boot.`)
  const base = first.address.split('.').slice(0, 3).join('.')
  const wrong = fleet.hosts.flatMap(host => problemWith(host, base) ?? [])
  if (wrong.length > 0) {
    throw new LabError(
      `This fleet cannot be a lab:\n  ${wrong.join('\n  ')}`,
      `A lab's hosts have addresses ${base}.2 to ${base}.254; ${base}.1 is the lab's bridge.`,
    )
  }
  return { base, gateway: `${base}.1`, cidr: `${base}.0/24` }
}

function problemWith(host: Host, base: string): string | undefined {
  if (!/^(10|172|192)(\.\d{1,3}){3}$/.test(host.address)) return `${host.name}: ${host.address} is not a private IPv4 address`
  if (!host.address.startsWith(`${base}.`)) return `${host.name}: ${host.address} is not in ${base}.0/24 like the first host`
  const octet = octetOf(host.address)
  if (octet === 1) return `${host.name}: ${host.address} is the lab's own address`
  if (octet < 1 || octet > 254) return `${host.name}: ${host.address} is no address of a host`
  return undefined
}
