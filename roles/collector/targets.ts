import { isIPv6 } from 'node:net'
import type { CollectorConfig } from '../../collector/config.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { cassandraVars, clientsSpeakTls, collectorAccount, place, type CassandraVars } from '../cassandra/vars.ts'
import { mariadbVars, ownView, producerAccount, type MariadbVars } from '../mariadb/vars.ts'
import type { CollectorVars } from './vars.ts'

/** A database that takes readings: how the agent's config names it, and the secret its account's password is. */
export interface Target {
  readonly backend: CollectorConfig['backends'][number] & { readonly passwordFile: string }
  readonly secret: string
}

const withRole = (fleet: Fleet, role: string): Host[] => fleet.hosts.filter(({ roles }) => roles.includes(role))

/** An address as the agent's config has it: IPv6 in brackets, for a port may follow. */
const bracketed = (address: string): string => (isIPv6(address) ? `[${address}]` : address)

/** Where a producer has the certificate of the fleet's CA. */
export const caFile = '/etc/collector/ca.pem'

const mariadbOf = (host: Host): MariadbVars => mariadbVars.parse(host.vars['mariadb'] ?? {})

const cassandraOf = (host: Host): CassandraVars => cassandraVars.parse(host.vars['cassandra'] ?? {})

/** Does any database of the fleet speak TLS? */
export const speaksTls = (fleet: Fleet): boolean =>
  withRole(fleet, 'mariadb').some(host => mariadbOf(host).tls) || withRole(fleet, 'cassandra').some(host => clientsSpeakTls(cassandraOf(host)))

/** The fleet's MariaDB, or the one `vars` name; undefined where there is none. */
export function mariadbTarget(host: Host, fleet: Fleet, vars: CollectorVars): Target | undefined {
  const database = withRole(fleet, 'mariadb').find(({ name }) => vars.mariadb === undefined || name === vars.mariadb)
  if (!database) return undefined
  const mariadb = mariadbOf(database)
  const { user, secret } = producerAccount(host.name)
  return {
    secret,
    backend: {
      type: 'mariadb',
      hosts: [database.name === host.name ? '127.0.0.1' : bracketed(database.address)],
      port: mariadb.port,
      user,
      passwordFile: 'mariadb-password',
      database: mariadb.database,
      table: ownView(mariadb.table),
      ...(mariadb.tls && { tls: { ca: caFile, name: database.name } }),
    },
  }
}

/** The fleet's ring, all of its nodes; undefined where there is none. A node listens on its address only, also for itself. */
export function cassandraTarget(fleet: Fleet): Target | undefined {
  const nodes = withRole(fleet, 'cassandra')
  const [first] = nodes
  if (!first) return undefined
  const cassandra = cassandraOf(first)
  return {
    secret: collectorAccount.secret,
    backend: {
      type: 'cassandra',
      hosts: nodes.map(({ address }) => bracketed(address)),
      port: cassandra.port,
      user: collectorAccount.user,
      passwordFile: 'cassandra-password',
      keyspace: cassandra.keyspace,
      table: cassandra.table,
      byDay: cassandra.byDay,
      datacenter: place.datacenter,
      ...(clientsSpeakTls(cassandra) && { tls: { ca: caFile } }),
    },
  }
}
