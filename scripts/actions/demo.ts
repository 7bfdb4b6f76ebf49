import type { Fleet } from '../../engine/inventory/types.ts'
import { mib, type MemoryBudget } from '../../engine/memory.ts'
import * as lab from '../../lab/index.ts'
import { mariadbVars } from '../../roles/mariadb/vars.ts'
import { colors } from '../cli/colors.ts'
import { UsageError } from '../cli/errors.ts'
import { tell } from '../cli/output.ts'
import type { CommonOptions } from '../cli/program.ts'
import { table } from '../cli/table.ts'
import { openLab, show } from './lab.ts'
import { provisionShown } from './provision.ts'

/** Readings of one producer in the database. */
interface Stored {
  readonly count: number
  /** Taken within the last so many seconds; what waited in a queue before does not count. */
  readonly recent: number
  readonly newest: string
  readonly celsius: number
}

/** Boot, provision, measure, show. Sets the exit code 1 where a host failed or nothing arrived. */
export async function demo(secondsText: string, options: CommonOptions): Promise<void> {
  const seconds = Number(secondsText)
  if (!(seconds > 0)) throw new UsageError(`--seconds wants a number above 0, not "${secondsText}"`)
  const fleet = await openLab(options)
  title('Booting the lab')
  await lab.up(fleet, { on: show })

  title('Provisioning it')
  const budgets = new Map<string, MemoryBudget>()
  const results = await provisionShown(fleet, fleet.hosts, { parallel: '10', yes: true }, event => {
    if (event.event === 'facts') budgets.set(event.host, event.memory)
  })
  if ([...results.values()].some(result => result.status === 'failed')) return

  title(`Measuring for ${seconds} seconds`)
  await new Promise(done => setTimeout(done, seconds * 1000))
  const rows = [...(await stored(fleet, seconds))].map(([producer, now]) => [producer, (now.recent / seconds).toFixed(2), now.count, now.newest, now.celsius.toFixed(1)])
  process.stdout.write(table(['PRODUCER', 'READINGS/S', 'IN THE DATABASE', 'NEWEST (UTC)', '°C'], rows, { right: [1, 2, 4] }))
  if (rows.length === 0) {
    process.exitCode = 1
    tell('No reading arrived: see `npx lab exec producer1 -- journalctl -u collector`.')
  }

  title('The fleet')
  process.stdout.write(table(['HOST', 'ADDRESS', 'ROLES', 'RAM', 'PLANNED'], fleet.hosts.map(host => {
    const budget = budgets.get(host.name)
    return [host.name, host.address, host.roles.join(' '), budget ? mib(budget.ram) : '–', budget ? mib(budget.total) : '–']
  }), { right: [3, 4] }))

  title('To look at, from this machine')
  for (const [address, what] of addresses(fleet)) process.stdout.write(`  ${address.padEnd(36)}${what}\n`)
  process.stdout.write('\nThe lab stays up. `npx lab status` shows it, `npx lab ssh mysql` logs in, `npx lab down` ends it.\n')
}

function title(text: string): void {
  process.stdout.write(`\n${colors(process.stdout).bold(text)}\n`)
}

/** What each producer has in the database, asked on the host it is on. */
async function stored(fleet: Fleet, seconds: number): Promise<ReadonlyMap<string, Stored>> {
  const host = fleet.hosts.find(each => each.roles.includes('mariadb'))
  if (!host) return new Map()
  const { database, table: name } = mariadbVars.parse(host.vars['mariadb'] ?? {})
  const sql = `SELECT reading_location, COUNT(*), SUM(reading_date > UTC_TIMESTAMP(6) - INTERVAL ${seconds} SECOND), DATE_FORMAT(MAX(reading_date), '%H:%i:%s'), AVG(reading_value) FROM ${database}.${name} GROUP BY 1 ORDER BY 1`
  const { code, stdout, stderr } = await lab.exec(fleet, host.name, ['mariadb', '--batch', '--skip-column-names', '-e', sql])
  if (code !== 0) throw new Error(`the database on ${host.name} does not answer: ${stderr.trim()}`)
  return new Map(stdout.trim().split('\n').filter(Boolean).map(line => {
    const [producer = '', count, recent, newest = '', celsius] = line.split('\t')
    return [producer, { count: Number(count), recent: Number(recent), newest, celsius: Number(celsius) }]
  }))
}

function addresses(fleet: Fleet): readonly (readonly [string, string])[] {
  const port = (host: Fleet['hosts'][number], role: string, variable: string) => String(host.vars[role]?.[variable] ?? '')
  return fleet.hosts.flatMap(host => [
    ...(host.roles.includes('exporters') ? [[`http://${host.address}:${port(host, 'exporters', 'nodePort')}/metrics`, `${host.name}: the Pi itself`] as const] : []),
    ...(host.roles.includes('exporters') && host.roles.includes('mariadb') ? [[`http://${host.address}:${port(host, 'exporters', 'mysqldPort')}/metrics`, `${host.name}: MariaDB`] as const] : []),
    ...(host.roles.includes('collector') ? [[`http://${host.address}:${port(host, 'collector', 'metricsPort')}/metrics`, `${host.name}: its collector`] as const] : []),
  ])
}
