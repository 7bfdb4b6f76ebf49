import { bracketed } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { ReadingStore, StoreConfig } from '../offers.ts'
import { jobAccount, ownView, producerAccount, sinkAccount, type MariadbVars } from './vars.ts'

/** This server as a store of readings: each producer and each sink has an account of its own. To its own Pi it is 127.0.0.1. */
export function store(host: Host, vars: MariadbVars): ReadingStore {
  const reached = (from: Host, user: string, table: string, ca: string): StoreConfig => ({
    type: 'mariadb',
    hosts: [from.name === host.name ? '127.0.0.1' : bracketed(host.address)],
    port: vars.port,
    user,
    passwordFile: 'mariadb-password',
    database: vars.database,
    table,
    ...(vars.tls && { tls: { ca, name: host.name } }),
  })
  return {
    kind: 'mariadb',
    tls: vars.tls,
    secret: producer => producerAccount(producer.name).secret,
    backend: (producer, ca) => reached(producer, producerAccount(producer.name).user, ownView(vars.table), ca),
    sink: {
      secret: sink => sinkAccount(sink.name).secret,
      backend: (sink, ca) => reached(sink, sinkAccount(sink.name).user, vars.table, ca),
    },
    jobs: {
      secret: of => jobAccount(of.name).secret,
      store: (of, from) => ({
        // Over TLS by the address that its certificate has: a client of Java knows no other name for it.
        host: from.every(({ name }) => name === host.name) && !vars.tls ? '127.0.0.1' : host.address,
        port: vars.port,
        database: vars.database,
        user: jobAccount(of.name).user,
        tls: vars.tls,
        table: vars.table,
      }),
    },
  }
}
