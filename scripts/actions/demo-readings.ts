import type { Fleet, Host } from '../../engine/inventory/types.ts'
import * as lab from '../../lab/index.ts'
import { cassandraVars } from '../../roles/cassandra/vars.ts'
import { mariadbVars } from '../../roles/mariadb/vars.ts'

/** Readings of one producer in a database. */
export interface Stored {
  readonly count: number
  /** Taken within the last so many seconds; what waited in a queue before does not count. */
  readonly recent: number
  readonly newest: string
  readonly celsius: number
}

/** What each producer has in MariaDB, asked on the host it is on. */
export async function storedInMariadb(fleet: Fleet, seconds: number): Promise<ReadonlyMap<string, Stored>> {
  const host = fleet.hosts.find(each => each.roles.includes('mariadb'))
  if (!host) return new Map()
  const { database, table: name } = mariadbVars.parse(host.vars['mariadb'] ?? {})
  const sql = `SELECT reading_location, COUNT(*), SUM(reading_date > UTC_TIMESTAMP(6) - INTERVAL ${seconds} SECOND),
    DATE_FORMAT(MAX(reading_date), '%H:%i:%s'), AVG(reading_value) FROM ${database}.${name} GROUP BY 1 ORDER BY 1`
  return new Map(
    (await linesOf(fleet, host, ['mariadb', '--batch', '--skip-column-names', '-e', sql])).map(line => {
      const [producer = '', count, recent, newest = '', celsius] = line.split('\t')
      return [producer, { count: Number(count), recent: Number(recent), newest, celsius: Number(celsius) }]
    }),
  )
}

/**
 * What each producer has in Cassandra, asked of the ring's first node. Its readings lie together by day: what is of no interest is not
 * looked at.
 */
export async function storedInCassandra(fleet: Fleet, seconds: number): Promise<ReadonlyMap<string, Stored>> {
  const host = fleet.hosts.find(each => each.roles.includes('cassandra'))
  if (!host) return new Map()
  const { keyspace, byDay } = cassandraVars.parse(host.vars['cassandra'] ?? {})
  const ask = (cql: string) => linesOf(fleet, host, ['cql', '-e', cql])
  // Of the last seconds as they are now: the answers take a while, and more arrive meanwhile.
  const [since, until] = [Date.now() - seconds * 1000, Date.now()].map(time => new Date(time).toISOString())
  const partitions = (await ask(`SELECT DISTINCT reading_location, reading_day FROM ${keyspace}.${byDay}`)).map(line => line.split('\t'))
  const found = new Map<string, Stored>()
  for (const { name: producer } of fleet.hosts.filter(each => each.roles.includes('collector'))) {
    const days = partitions.filter(([location]) => location === producer).map(([, day]) => `'${day}'`)
    if (days.length === 0) continue
    const where = `FROM ${keyspace}.${byDay} WHERE reading_location = '${producer}' AND reading_day IN (${days.join(', ')})`
    const [all = '', recent = ''] = await ask(
      `SELECT COUNT(*), MAX(reading_date), AVG(reading_value) ${where}; ` +
        `SELECT COUNT(*) ${where} AND reading_date > '${since}' AND reading_date <= '${until}'`,
    )
    const [count, newest = '', celsius] = all.split('\t')
    if (Number(count) > 0)
      found.set(producer, { count: Number(count), recent: Number(recent), newest: newest.slice(11, 19), celsius: Number(celsius) })
  }
  return found
}

async function linesOf(fleet: Fleet, host: Host, command: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await lab.exec(fleet, host.name, command)
  if (code !== 0) throw new Error(`the database on ${host.name} does not answer: ${stderr.trim()}`)
  return stdout.trim().split('\n').filter(Boolean)
}
