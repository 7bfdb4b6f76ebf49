import type { CollectorConfig } from '../../collector/config.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { mariadbVars, producerAccount } from '../mariadb/vars.ts'
import type { CollectorVars } from './vars.ts'

/**
 * The agent's config: readings of this host, to the fleet's MariaDB.
 * Throws when the fleet has no host that could take them.
 */
export function collectorConfig(host: Host, fleet: Fleet, vars: CollectorVars): string {
  const databases = fleet.hosts.filter(other => other.roles.includes('mariadb'))
  const database = vars.mariadb === undefined ? databases[0] : databases.find(other => other.name === vars.mariadb)
  if (!database) throw new Error(`the collector of ${host.name} has nowhere to send readings: no host${vars.mariadb === undefined ? '' : ` named ${vars.mariadb}`} has the role mariadb`)
  const mariadb = mariadbVars.parse(database.vars['mariadb'] ?? {})
  const config: CollectorConfig = {
    location: host.name,
    note: vars.note,
    interval: vars.interval,
    sensor: vars.sensor,
    metrics: { port: vars.metricsPort },
    backends: [{
      type: 'mariadb',
      hosts: [database.name === host.name ? '127.0.0.1' : database.address],
      port: mariadb.port,
      user: producerAccount.user,
      passwordFile: 'mariadb-password',
      database: mariadb.database,
      table: mariadb.table,
    }],
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}
