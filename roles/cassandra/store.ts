import { bracketed, spelled } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { ReadingStore, StoreConfig } from '../offers.ts'
import { clientsSpeakTls, producerAccount, sinkAccount, topology, type CassandraVars } from './vars.ts'

/** The ring as a store of readings, all of its nodes. A node listens on its address only, also for itself. */
export function store(nodes: readonly Host[], vars: CassandraVars): ReadingStore {
  const reached = (user: string, ca: string): StoreConfig => ({
    type: 'cassandra',
    hosts: nodes.map(({ address }) => bracketed(address)),
    port: vars.port,
    user,
    passwordFile: 'cassandra-password',
    keyspace: vars.keyspace,
    table: vars.table,
    byDay: vars.byDay,
    datacenter: topology.datacenter,
    ...(clientsSpeakTls(vars) && { tls: { ca, names: nodes.map(({ address }) => spelled(address)) } }),
  })
  return {
    kind: 'cassandra',
    tls: clientsSpeakTls(vars),
    secret: producer => producerAccount(producer.name).secret,
    backend: (producer, ca) => reached(producerAccount(producer.name).user, ca),
    sink: { secret: sink => sinkAccount(sink.name).secret, backend: (sink, ca) => reached(sinkAccount(sink.name).user, ca) },
  }
}
