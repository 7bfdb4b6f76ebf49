import type { CollectorConfig } from '../../collector/config.ts'
import { spelled } from '../../engine/inventory/address.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { Failed } from '../../engine/run/failure.ts'
import { cassandraTarget, mariadbTarget, type Target } from './targets.ts'
import type { CollectorVars } from './vars.ts'

const kinds = ['mariadb', 'cassandra'] as const

/**
 * Where the readings of a host go: to each kind of database the fleet has, or to those its variables ask for.
 * @throws {Failed} where one that is asked for is missing, or there is none
 */
export function targetsOf(host: Host, fleet: Fleet, vars: CollectorVars): readonly Target[] {
  const { backends = kinds, mariadb } = vars
  const found = { mariadb: mariadbTarget(host, fleet, vars), cassandra: cassandraTarget(fleet) }
  if (mariadb !== undefined && backends.includes('mariadb') && !found.mariadb) throw nowhere(host, `host named ${mariadb}`, 'mariadb')
  const missing = vars.backends?.find(kind => !found[kind])
  if (missing) throw nowhere(host, 'host', missing)
  const targets = backends.flatMap(kind => found[kind] ?? [])
  if (targets.length === 0) throw nowhere(host, 'host', backends.join(' or '))
  return targets
}

const nowhere = (host: Host, who: string, role: string): Failed => new Failed({
  message: `the collector of ${host.name} has nowhere to send readings: no ${who} has the role ${role}`,
  hint: 'give a host of the inventory that role, or correct the variables `backends` and `mariadb` of the role collector',
})

/** The agent's config: readings of this host, to where they go. @throws {Failed} where that is nowhere */
export function collectorConfig(host: Host, fleet: Fleet, vars: CollectorVars): string {
  const config: CollectorConfig = {
    location: host.name,
    note: vars.note,
    interval: vars.interval,
    sensor: vars.sensor,
    metrics: { address: vars.listen ?? spelled(host.address), port: vars.metricsPort },
    backends: targetsOf(host, fleet, vars).map(({ backend }) => backend),
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}
