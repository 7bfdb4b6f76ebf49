import { isIP } from 'node:net'
import { withPort } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { Offered } from '../../engine/offer.ts'
import type { FigureServer } from '../offers.ts'

/** A Prometheus that Grafana reads. */
export interface Source {
  readonly uid: string
  readonly name: string
  readonly url: string
}

/** The servers of the fleet that a Grafana on `host` reaches: one that listens on loopback is reached from its own Pi only. */
export function sourcesOf(host: Pick<Host, 'name'>, servers: readonly Offered<FigureServer>[]): readonly Source[] {
  return servers.flatMap(({ host: there, value: { listen, port } }) => {
    const here = there.name === host.name
    const address = 'address' in listen ? listen.address : listen.name
    const loopback = address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
    if (loopback && !here) return []
    const anywhere = address === '0.0.0.0' || address === '::'
    const reached = anywhere ? there.address : address
    return [{ uid: `prometheus-${there.name}`.slice(0, 40), name: `Prometheus on ${there.name}`, url: `http://${withPort(reached, port)}` }]
  })
}
