import { bracketed, spelled } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { ReadingStore } from '../offers.ts'
import { clientsSpeakTls, producerAccount, topology, type CassandraVars } from './vars.ts'

/** The ring as a store of readings, all of its nodes. A node listens on its address only, also for itself. */
export function store(nodes: readonly Host[], vars: CassandraVars): ReadingStore {
  return {
    kind: 'cassandra',
    tls: clientsSpeakTls(vars),
    secret: producer => producerAccount(producer.name).secret,
    backend: (producer, ca) => ({
      type: 'cassandra',
      hosts: nodes.map(({ address }) => bracketed(address)),
      port: vars.port,
      user: producerAccount(producer.name).user,
      passwordFile: 'cassandra-password',
      keyspace: vars.keyspace,
      table: vars.table,
      byDay: vars.byDay,
      datacenter: topology.datacenter,
      ...(clientsSpeakTls(vars) && { tls: { ca, names: nodes.map(({ address }) => spelled(address)) } }),
    }),
  }
}
