import { bracketed } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { ReadingStore } from '../offers.ts'
import { producerAccount, type MariadbVars } from './vars.ts'

/** This server as a store of readings. To its own Pi it is 127.0.0.1. */
export function store(host: Host, vars: MariadbVars): ReadingStore {
  return {
    kind: 'mariadb',
    secret: producerAccount.secret,
    backend: producer => ({
      type: 'mariadb',
      hosts: [producer.name === host.name ? '127.0.0.1' : bracketed(host.address)],
      port: vars.port,
      user: producerAccount.user,
      passwordFile: 'mariadb-password',
      database: vars.database,
      table: vars.table,
    }),
  }
}
