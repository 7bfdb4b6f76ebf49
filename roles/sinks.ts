import type { Host } from '../engine/inventory/types.ts'
import type { Offered, OfferedBy } from '../engine/offer.ts'
import { jobs, readings, sinks, type Jobs } from './offers.ts'

/** Kinds of store from which sinks bring readings to the store of a kind that is on a host. */
export function queuesOf(offered: OfferedBy, kind: string, host: string): readonly string[] {
  const hosts = sinksTo(offered, kind, host)
  return offered(sinks).flatMap(({ host: sink, value: { from, to } }) => (to === kind && hosts.includes(sink) ? [from] : []))
}

/** Hosts whose sinks bring readings to the store of a kind that is on a host. A sink brings them to one store. */
export function sinksTo(offered: OfferedBy, kind: string, host: string): readonly Host[] {
  const stores = offered(readings).filter(({ value }) => value.kind === kind)
  return offered(sinks).flatMap(({ host: sink, value: { to, store } }) => {
    const meant = stores.find(each => each.host.name === store) ?? stores[0]
    return to === kind && meant?.host.name === host ? [sink] : []
  })
}

/** The hosts whose jobs keep tables in the store of a kind that is on a host, with what they say of them. */
export function jobsTo(offered: OfferedBy, kind: string, host: string): readonly Offered<Jobs>[] {
  const stores = offered(readings).filter(({ value }) => value.kind === kind)
  return offered(jobs).filter(({ value: { to, store } }) => {
    const meant = stores.find(each => each.host.name === store) ?? stores[0]
    return to === kind && meant?.host.name === host
  })
}
