import { setTimeout as pause } from 'node:timers/promises'
import { UsageError } from '../../engine/errors.ts'
import { describeDisk, type DiskBudget } from '../../engine/disk.ts'
import { parseFacts, type Facts } from '../../engine/facts.ts'
import { selectHosts } from '../../engine/inventory/select.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import type { Roles } from '../../engine/role.ts'
import { parseMade } from '../../engine/made.ts'
import { totalOf } from '../../engine/memory.ts'
import { offersOf } from '../../engine/offer.ts'
import { onEach, type Answer } from '../../engine/run/on-each.ts'
import { disksOf, rolesOf, usesOf, varsOf } from '../../engine/run/resolve.ts'
import { askedOf, readStatus, statusScript, type RoleStatus } from '../../engine/status.ts'
import { registry } from '../../roles/index.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { asking } from '../../cli/asking.ts'
import { colors } from '../../cli/colors.ts'
import { tellFailure } from '../../cli/failures.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import { fleetOf } from './fleet-of.ts'
import { clearScreen, out, outJson } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { size, table } from '../../cli/table.ts'

/** The command line of `status`. */
export interface StatusFlags {
  readonly watch?: true | string
  readonly acceptNewKeys?: true
}

interface HostStatus {
  readonly roles: readonly RoleStatus[]
  readonly memoryAvailable: number
  readonly disks: readonly DiskBudget[]
}

/** Shows how the roles of hosts stand. Exit code 1 where one does not do its work or a host does not answer. */
export async function status(patterns: readonly string[], flags: StatusFlags & CommonOptions): Promise<void> {
  const seconds = flags.watch === undefined ? undefined : Number(flags.watch === true ? 5 : flags.watch)
  if (seconds !== undefined && !(seconds > 0)) throw new UsageError(`--watch wants seconds above 0, not "${String(flags.watch)}"`)
  const fleet = await fleetOf('status', flags)
  const hosts = selectHosts(fleet, patterns)
  const roles = await registry.ofFleet(fleet)
  const stop = seconds === undefined ? undefined : stopOnInterrupt('')
  for (;;) {
    const answers = await ask(fleet, roles, hosts, flags)
    if (seconds !== undefined && !flags.json) clearScreen()
    show(answers, flags)
    if (seconds === undefined || stop?.aborted) return
    await pause(seconds * 1000, undefined, { ...(stop && { signal: stop }) }).catch(() => {})
    if (stop?.aborted) return
  }
}

function ask(fleet: Fleet, roles: Roles, hosts: readonly Host[], flags: StatusFlags): Promise<ReadonlyMap<string, Answer<HostStatus>>> {
  return onEach(fleet, hosts, { acceptNewKeys: flags.acceptNewKeys === true, ...asking() }, async (session, host) => {
    const facts = parseFacts(session.facts)
    const asked = askedOf(
      { host, fleet },
      rolesOf(host, roles),
      role => varsOf(role, host),
      role => plannedOf(host, facts, roles, role.name),
    )
    const { stdout } = await session.run(statusScript(asked), { timeout: 60 })
    const disks = disksOf(host, parseMade(session.facts), { fleet, facts, roles, offered: offersOf(fleet, roles, varsOf) })
    return { roles: readStatus(asked, stdout), memoryAvailable: facts.memoryAvailable, disks }
  })
}

function plannedOf(host: Host, facts: Facts, roles: Roles, name: string): number {
  const use = usesOf(host, facts, roles).find(({ role }) => role === name)
  return use ? totalOf(use) : 0
}

function show(answers: ReadonlyMap<string, Answer<HostStatus>>, flags: CommonOptions): void {
  const wrong = [...answers.values()].some(answer => 'failure' in answer || answer.value.roles.some(({ ok }) => !ok))
  process.exitCode = wrong ? exitCodes.failed : exitCodes.done
  if (flags.json)
    return outJson(Object.fromEntries([...answers].map(([name, answer]) => [name, 'value' in answer ? answer.value : answer])), 2)
  const { green, red } = colors(process.stdout)
  const rows = [...answers].flatMap(([name, answer]) =>
    'value' in answer
      ? answer.value.roles.map(({ role, ok, wrong: ill, warns, says, memory, planned, writesPerDay, since, backup }, index) => [
          index === 0 ? name : '',
          role,
          ok ? green('ok') : red('ill'),
          memory === undefined ? '–' : `${size(memory)} of ${size(planned)}`,
          writesPerDay === undefined ? '–' : size(writesPerDay),
          since ?? '–',
          backup === undefined ? '–' : backupText(backup, Date.now()),
          [...ill, ...warns, ...says].join('; '),
        ])
      : [],
  )
  if (rows.length > 0) out(table(['HOST', 'ROLE', 'STATE', 'MEMORY', 'WRITES A DAY', 'SINCE', 'BACKUP', ''], rows))
  const disks = [...answers].flatMap(([name, answer]) =>
    'value' in answer ? answer.value.disks.map(disk => `${name}: ${describeDisk(disk, new Date())}\n`) : [],
  )
  if (disks.length > 0) out(`\n${disks.join('')}`)
  for (const [name, answer] of answers) if ('failure' in answer) tellFailure(name, answer.failure)
}

/** The age of a backup; `now` in milliseconds. */
const backupText = (at: string | null, now: number): string => {
  if (at === null) return 'never'
  const hours = Math.max(0, now - Date.parse(at)) / 3_600_000
  return hours < 48 ? `${Math.round(hours)} h ago` : `${Math.round(hours / 24)} days ago`
}
