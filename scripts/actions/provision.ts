import { selectHosts } from '../../engine/inventory/select.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { didYouMean } from '../../engine/inventory/nearest.ts'
import { UsageError } from '../../engine/errors.ts'
import { failureLines, plainLines } from '../../engine/report/plain.ts'
import { clustersOf } from '../../engine/run/clusters.ts'
import type { HostResult, OnEvent, RunEvent } from '../../engine/run/events.ts'
import { failedBefore, rememberFailed } from '../../engine/run/failed-before.ts'
import { provision, secretsFor } from '../../engine/run/provision.ts'
import { registry } from '../../roles/index.ts'
import { asking } from '../../cli/asking.ts'
import { colors } from '../../cli/colors.ts'
import { exitCodeOfRun, exitCodes } from '../../cli/exit-codes.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import { fleetOf } from './fleet-of.ts'
import { quietFor } from './quiet-for.ts'
import { out, outJson, print, shown, tell } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { question as askPerson } from '../../cli/question.ts'
import { table } from '../../cli/table.ts'
import { canDraw } from '../../cli/terminal.ts'

/** The command line of `provision`. */
export interface ProvisionFlags {
  readonly check?: true
  readonly diff?: true
  readonly role?: readonly string[]
  readonly failed?: true
  readonly list?: true
  readonly purge?: true
  readonly purgeData?: readonly string[]
  readonly parallel: string
  readonly acceptNewKeys?: true
  readonly yes?: true
  /** What roles need beyond the fleet is made as well. */
  readonly deploy?: true
  /** Newer packages and products as well; of one role, where it is named. */
  readonly upgrade?: true | string
  /** False: no backup is taken before an upgrade. */
  readonly backup?: boolean
}

/** Provisions, shows it, and sets the exit code. */
export async function provisionHosts(patterns: readonly string[], flags: ProvisionFlags & CommonOptions): Promise<void> {
  const fleet = await fleetOf('provision', flags)
  const selected = selectHosts(fleet, patterns)
  const failed = flags.failed && failedBefore(fleet.file)
  const hosts = failed ? selected.filter(({ name }) => failed.has(name)) : selected
  if (flags.list)
    return print(
      flags.json,
      hosts.map(({ name }) => name),
      () => hosts.map(({ name }) => `${name}\n`).join(''),
    )
  if (hosts.length === 0) return tell('None of these hosts failed in its last run.')
  if (flags.role) refuseWithout(checkedRoles(flags.role), hosts, patterns)
  if (flags.backup === false) throw new UsageError('--no-backup says something of --upgrade', 'leave it out')
  const asksFirst = process.stdout.isTTY && process.stdin.isTTY && !flags.json && patterns.length === 0 && !flags.check && !flags.yes
  if (asksFirst) await confirm(fleet, hosts)
  if (flags.deploy) return provisionAndDeploy(fleet, hosts, flags)
  await provisionShown(fleet, hosts, flags)
}

/**
 * What Pis ask for is fetched, what roles need beyond the fleet is made, what came of it is put in place and seen at work. Each part can be
 * cut and done again.
 */
async function provisionAndDeploy(fleet: Fleet, hosts: readonly Host[], flags: ProvisionFlags & CommonOptions): Promise<void> {
  const { deploymentsOf, deploy, seenAtWork } = await import('./deploy.ts')
  if (flags.check) throw new UsageError('--deploy deploys: --check cannot say what that would do', 'leave one of them out')
  if (!flags.yes && !(process.stdin.isTTY && process.stderr.isTTY && !flags.json))
    throw new UsageError('--deploy asks before it makes anything beyond the fleet', 'where nobody can be asked: --yes')
  const deployments = await deploymentsOf(hosts)
  await provisionShown(fleet, hosts, flags)
  if (process.exitCode) return tell('Nothing is deployed: not every host is as wanted.')
  for (const each of deployments) {
    await deploy(each, fleet, flags.yes === true)
    await provisionShown(fleet, each.hosts, { ...flags, role: [each.role] })
    if (process.exitCode) return
    await seenAtWork(each, fleet, flags)
  }
}

/** Provisions these hosts and shows it; `also` is told of each event, too. Sets the exit code and returns the results. */
export async function provisionShown(
  fleet: Fleet,
  hosts: readonly Host[],
  flags: ProvisionFlags & CommonOptions,
  also: OnEvent = () => {},
): Promise<ReadonlyMap<string, HostResult>> {
  const check = flags.check === true
  const only = flags.role && checkedRoles(flags.role)
  const onTerminal = canDraw(process.stdout) && !flags.json
  const secrets = secretsFor(fleet, check)
  const write = (text: string) => out(`${text}\n`)
  const roles = await registry.ofFleet(fleet)
  const progress =
    onTerminal && !check
      ? await (await import('../../engine/report/live.ts')).live(
          hosts.map(host => host.name),
          clustersOf(hosts, roles, only).map(({ role }) => role.name),
          shown,
        )
      : undefined
  // Lines of progress give way to each other; what was said is to stay.
  const notes: string[] = []
  const asked = new Map<string, string>()
  const quiet = check ? undefined : quietFor(fleet, roles, 'provision', flags)
  const on = (event: RunEvent) => {
    if (event.event === 'changing') quiet?.about(event.host)
    if (progress && event.event === 'note') notes.push(...plainLines(event, { check }))
    also(event)
    if (flags.json) outJson(event)
    else if (progress) progress.show(event)
    else for (const line of plainLines(event, { check })) write(line)
  }
  const results = await provision(fleet, hosts, registry, secrets, {
    check,
    diff: flags.diff === true,
    parallel: count(flags.parallel),
    acceptNewKeys: flags.acceptNewKeys === true,
    ...(only && { only }),
    purge: { made: flags.purge === true || flags.purgeData !== undefined, data: await dataOf(flags.purgeData ?? [], hosts) },
    on,
    ...asking(),
    confirm: async (host, question) => {
      if (flags.yes) return true
      asked.set(host, question)
      return false
    },
    stop: stopOnInterrupt('Stopping after the step at hand; Ctrl-C again leaves at once.', progress?.everywhere),
  })
  await quiet?.over()
  await progress?.ended()
  if (!check) rememberFailed(fleet.file, results)
  if (flags.json)
    outJson({ event: 'summary', hosts: Object.fromEntries(hostsOf(results)), clusters: Object.fromEntries(clustersIn(results)) })
  else write(`\n${notes.map(line => `${line}\n`).join('')}${summary(results, check)}${progress ? failures(results) : ''}`.trimEnd())
  process.exitCode = exitCodeAfter(results, check)
  const again = flags.json ? [] : await agreed(asked)
  if (again.length === 0) return results
  const both = new Map([
    ...results,
    ...(await provisionShown(
      fleet,
      hosts.filter(({ name }) => again.includes(name)),
      { ...flags, yes: true },
      also,
    )),
  ])
  process.exitCode = exitCodeAfter(both, check)
  return both
}

function exitCodeAfter(results: ReadonlyMap<string, HostResult>, check: boolean): number {
  const all = [...results.values()]
  const code = exitCodeOfRun(all.flatMap(({ failure }) => failure ?? []))
  return code === exitCodes.done && check && all.some(({ changed }) => changed > 0) ? exitCodes.wouldChange : code
}

/**
 * Hosts of which a person agrees, on a terminal, to what cannot be taken back. A run does not stop for it: it is asked when all else is
 * done.
 */
async function agreed(asked: ReadonlyMap<string, string>): Promise<readonly string[]> {
  if (asked.size === 0 || !process.stdin.isTTY || !process.stderr.isTTY) return []
  const yes: string[] = []
  for (const [host, question] of asked) if (/^y/i.test((await askPerson(`${host}: ${question} [y/N] `)) ?? 'no')) yes.push(host)
  return yes
}

/** @throws UsageError where a host that was named has none of the roles, or no host has */
function refuseWithout(only: readonly string[], hosts: readonly Host[], patterns: readonly string[]): void {
  const has = ({ roles: own }: Host) => own.some(name => only.includes(name))
  const lacking = hosts.find(host => patterns.includes(host.name) && !has(host))
  if (lacking)
    throw new UsageError(`${lacking.name} has not the role ${only.join(', ')}`, `its roles: ${lacking.roles.join(', ') || 'none'}`)
  if (!hosts.some(has)) throw new UsageError(`none of these hosts has the role ${only.join(', ')}`, 'see `fleet list`')
}

/** @throws UsageError where there is no such role */
export function checkedRoles(names: readonly string[]): readonly string[] {
  for (const name of names)
    if (!registry.has(name))
      throw new UsageError(`there is no role "${name}"`, didYouMean(name, registry.names) ?? `roles: ${registry.names.join(', ')}`)
  return names
}

async function dataOf(names: readonly string[], hosts: readonly Host[]): Promise<readonly string[]> {
  const roles = await registry.load(names)
  for (const name of checkedRoles(names)) {
    const data = roles[name]?.data
    if (!data) throw new UsageError(`the role ${name} keeps no data`)
    const has = hosts.find(host => host.roles.includes(name))
    if (has) throw new UsageError(`${has.name} has the role ${name}: its data is in use`, 'take the role out of the inventory first')
    if (data.leaves) throw new UsageError(`the data of ${name} is not removed by this`, data.leaves)
  }
  return names
}

function count(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`--parallel wants a whole number from 1, not "${text}"`)
  return number
}

async function confirm(fleet: Fleet, hosts: readonly Host[]): Promise<void> {
  const answer = await askPerson(`Provision all ${hosts.length} hosts of the fleet ${fleet.name}? [Y/n] `)
  if (/^n/i.test(answer ?? 'no')) process.exit(0)
}

/** Results of hosts, and of what belongs to clusters. */
const hostsOf = (results: ReadonlyMap<string, HostResult>) => [...results].filter(([, { spokenBy }]) => spokenBy === undefined)
const clustersIn = (results: ReadonlyMap<string, HostResult>) => [...results].filter(([, { spokenBy }]) => spokenBy !== undefined)

function summary(results: ReadonlyMap<string, HostResult>, check: boolean): string {
  const { green, yellow, red } = colors(process.stdout)
  const paint = { unchanged: green, changed: yellow, 'would change': yellow, failed: red }
  const rows = [...results].map(([title, result]) => [
    result.spokenBy === undefined ? title : `${title} (on ${result.spokenBy})`,
    paint[result.status](result.status),
    result.changed,
    result.unchanged,
    result.seconds.toFixed(1),
  ])
  const wrong = hostsOf(results).filter(([, { status }]) => status === 'failed').length
  const wrongClusters = clustersIn(results).flatMap(([title, { status }]) => (status === 'failed' ? [title] : []))
  const changed = [...results.values()].reduce((sum, result) => sum + result.changed, 0)
  const failures = [
    wrong === 0 ? 'no host failed' : `${wrong} of ${hostsOf(results).length} hosts failed`,
    ...wrongClusters.map(title => `${title} failed`),
  ]
  const words =
    changed === 0 && wrong === 0 && wrongClusters.length === 0
      ? 'Nothing to change: every host is as wanted.'
      : `${check ? 'Would change' : 'Changed'} ${changed}; ${failures.join(', ')}.`
  return `${table(['HOST', 'RESULT', check ? 'WOULD CHANGE' : 'CHANGED', 'UNCHANGED', 'SECONDS'], rows, { right: [2, 3, 4] })}${words}\n`
}

function failures(results: ReadonlyMap<string, HostResult>): string {
  return [...results].flatMap(([host, { failure }]) => (failure ? [`\n${host}: ${failureLines(failure).join('\n  ')}`] : [])).join('\n')
}
