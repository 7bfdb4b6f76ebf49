import { bracketed } from '../../engine/inventory/address.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { UsageError } from '../../engine/errors.ts'
import { mib, type MemoryBudget } from '../../engine/memory.ts'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import * as lab from '../../lab/index.ts'
import { nodesOf } from '../../roles/cassandra/nodes.ts'
import { registry } from '../../roles/index.ts'
import { metrics, pages, producers } from '../../roles/offers.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { colors } from '../../cli/colors.ts'
import { out, tell } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { table } from '../../cli/table.ts'
import { storedInCassandra, storedInMariadb, type Stored } from './demo-readings.ts'
import { ringRows } from './demo-ring.ts'
import { openLab, show } from './lab.ts'
import { provisionShown } from './provision.ts'

/** Boot, provision, let a node join, measure, show. Sets the exit code 1 where a host failed or nothing arrived. */
export async function demo(secondsText: string, options: CommonOptions): Promise<void> {
  const seconds = Number(secondsText)
  if (!(seconds > 0)) throw new UsageError(`--seconds wants a number above 0, not "${secondsText}"`)
  const fleet = await openLab(options)
  title('Booting the lab')
  await lab.up(fleet, { on: show })

  const budgets = new Map<string, MemoryBudget>()
  const provisioned = async (hosts: readonly Host[]): Promise<boolean> => {
    const results = await provisionShown(fleet, hosts, { parallel: '10', yes: true }, event => {
      if (event.event === 'facts') budgets.set(event.host, event.memory)
    })
    return [...results.values()].every(result => result.status !== 'failed')
  }
  // All but one node of the ring; that one shall be seen to join.
  const joining = nodesOf(fleet).slice(1).at(-1)
  title('Provisioning it')
  if (!(await provisioned(fleet.hosts.filter(host => host !== joining)))) return
  if (joining) {
    title(`A node more for the ring: provision ${joining.name}`)
    if (!(await provisioned([joining]))) return
  }

  title(`Measuring for ${seconds} seconds`)
  await new Promise(done => setTimeout(done, seconds * 1000))
  const databases = new Map([
    ['MariaDB', await storedInMariadb(fleet, seconds)],
    ['Cassandra', await storedInCassandra(fleet, seconds)],
  ])
  const direct = new Map(
    offersOf(fleet, await registry.ofFleet(fleet), varsOf)(producers).map(({ host, value }) => [host.name, value.backends]),
  )
  const way = (database: string, producer: string) =>
    direct.get(producer)?.includes(database.toLowerCase()) === false ? `${database}, through Kafka` : database
  const rows = [...databases].flatMap(([database, stored]) =>
    [...stored].map(([producer, now]) => row(way(database, producer), producer, now, seconds)),
  )
  out(table(['PRODUCER', 'IN', 'READINGS/S', 'READINGS', 'NEWEST (UTC)', '°C'], rows, { right: [2, 3, 5] }))
  const empty = [...databases]
    .filter(([name, stored]) => stored.size === 0 && fleet.hosts.some(host => host.roles.includes(name.toLowerCase())))
    .map(([name]) => name)
  if (empty.length) {
    process.exitCode = exitCodes.failed
    tell(`No reading arrived in ${empty.join(' and ')}: see \`npx lab exec producer1 -- journalctl -u collector\`.`)
  }

  if (nodesOf(fleet).length) {
    title('Who owns what of the ring')
    out(table(['NODE', 'MODEL', 'WEIGHT', 'WANTED', 'OWNS', 'TOKENS', 'STATE'], await ringRows(fleet), { right: [2, 3, 4, 5] }))
  }

  title('The fleet')
  out(
    table(
      ['HOST', 'ADDRESS', 'ROLES', 'RAM', 'PLANNED'],
      fleet.hosts.map(host => {
        const budget = budgets.get(host.name)
        return [host.name, host.address, host.roles.join(' '), budget ? mib(budget.ram) : '–', budget ? mib(budget.total) : '–']
      }),
      { right: [3, 4] },
    ),
  )

  title('To look at, from this machine')
  for (const [address, what] of await addresses(fleet)) out(`  ${address.padEnd(36)}${what}\n`)
  out(
    `\nThe lab stays up. \`npx lab status\` shows it, \`npx lab ssh mysql\` logs in, \`npx lab down\` ends it.${
      joining
        ? `
Other shares while readings come in: npx rebalance cassandra --inventory ${fleet.file} --weights ${nodesOf(fleet)
            .map(host => `${host.name}=1`)
            .join(',')} --check`
        : ''
    }\n`,
  )
}

function title(text: string): void {
  out(`\n${colors(process.stdout).bold(text)}\n`)
}

function row(database: string, producer: string, { recent, count, newest, celsius }: Stored, seconds: number): (string | number)[] {
  return [producer, database, (recent / seconds).toFixed(2), count, newest, celsius.toFixed(1)]
}

async function addresses(fleet: Fleet): Promise<readonly (readonly [string, string])[]> {
  const offered = offersOf(fleet, await registry.ofFleet(fleet), varsOf)
  return [
    ...offered(pages).map(
      ({ host, role, value }) => [value.near ? `fleet open ${role}` : value.url, `${host.name}: ${value.title}`] as const,
    ),
    ...offered(metrics).map(
      ({ host, value }) =>
        [`http://${bracketed(host.address)}:${value.port}${value.path ?? '/metrics'}`, `${host.name}: ${value.title}`] as const,
    ),
  ]
}
