import { bracketed } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { ReadingStore } from '../offers.ts'
import { ownView, producerAccount, type MariadbVars } from './vars.ts'

/** This server as a store of readings: each producer has an account of its own. To its own Pi it is 127.0.0.1. */
export function store(host: Host, vars: MariadbVars): ReadingStore {
  return {
    kind: 'mariadb',
    tls: vars.tls,
    secret: producer => producerAccount(producer.name).secret,
    backend: (producer, ca) => ({
      type: 'mariadb',
      hosts: [producer.name === host.name ? '127.0.0.1' : bracketed(host.address)],
      port: vars.port,
      user: producerAccount(producer.name).user,
      passwordFile: 'mariadb-password',
      database: vars.database,
      table: ownView(vars.table),
      ...(vars.tls && { tls: { ca, name: host.name } }),
    }),
  }
}
