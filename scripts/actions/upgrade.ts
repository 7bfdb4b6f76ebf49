import { asking } from '../../cli/asking.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { print, tell } from '../../cli/output.ts'
import { personAt } from '../../cli/person.ts'
import { table } from '../../cli/table.ts'
import { isComplete, keepersOf } from '../../engine/backup/index.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import { selectHosts } from '../../engine/inventory/select.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import type { Wanted } from '../../engine/plan/desired.ts'
import { healthMark, marksText } from '../../engine/plan/marks.ts'
import { aptKind } from '../../engine/resources/apt.ts'
import type { AnyRole, Roles } from '../../engine/role.ts'
import { takeLock, thisRun } from '../../engine/run/lock.ts'
import { onEach } from '../../engine/run/on-each.ts'
import { opener } from '../../engine/run/open.ts'
import { provision, secretsFor } from '../../engine/run/provision.ts'
import { untilReady } from '../../engine/run/ready.ts'
import { rolesOf, varsOf } from '../../engine/run/resolve.ts'
import {
  asksPackages,
  fetchesLists,
  oneByOne,
  readPackages,
  refuseOtherRelease,
  upgradesPackages,
  type Newer,
} from '../../engine/upgrade/index.ts'
import { registry } from '../../roles/index.ts'
import { depotOf } from './backup-place.ts'
import { contextOf, takeShown } from './backup.ts'
import { fleetOf } from './fleet-of.ts'
import { checkedRoles, provisionShown, type ProvisionFlags } from './provision.ts'
import { quietFor } from './quiet-for.ts'
import { untilWell } from './until-well.ts'

type Flags = ProvisionFlags & CommonOptions

/** What is to be done to a host. */
interface Todo {
  readonly host: Host
  /** Packages of the roles it is about; undefined: all that the Pi has. */
  readonly packages: readonly string[] | undefined
  readonly newer: readonly Newer[]
  /** Resources that `provision` would change: other versions of products among them. */
  readonly changes: readonly string[]
}

/**
 * Upgrades packages and products, one host after the other with a look at its clusters before and after; first what roles have to keep is
 * kept elsewhere. Cut anywhere and run again it goes on. Exit code 2 where `--check` found something.
 * @throws Failed where a host is of another release than wanted, does not answer, or is not well afterwards
 */
export async function upgrade(patterns: readonly string[], flags: Flags): Promise<void> {
  const beside = (['deploy', 'failed', 'list', 'purge', 'purgeData', 'diff'] as const).find(name => flags[name] !== undefined)
  if (beside !== undefined)
    throw new UsageError('--upgrade is a run of its own', `leave out --${beside === 'purgeData' ? 'purge-data' : beside}`)
  const fleet = await fleetOf('provision', flags)
  const only = checkedRoles(typeof flags.upgrade === 'string' ? [flags.upgrade] : (flags.role ?? []))
  const selected = selectHosts(fleet, patterns)
  const hosts = only.length > 0 ? selected.filter(host => host.roles.some(name => only.includes(name))) : selected
  if (hosts.length === 0) throw new UsageError(`none of these hosts has the role ${only.join(', ')}`, 'see `fleet list`')
  await upgradeHosts(fleet, hosts, only.length > 0 ? only : undefined, flags)
}

async function upgradeHosts(fleet: Fleet, hosts: readonly Host[], only: readonly string[] | undefined, flags: Flags): Promise<void> {
  const roles = await registry.ofFleet(fleet)
  const all = await looked(fleet, hosts, only, flags)
  const todo = all.filter(({ newer, changes }) => newer.length > 0 || changes.length > 0)
  print(flags.json, { event: 'upgrade', hosts: todo.map(({ host, newer, changes }) => ({ host: host.name, newer, changes })) }, () =>
    todo.length === 0 ? 'Nothing to upgrade.\n' : table(['HOST', 'WHAT', 'FROM', 'TO'], todo.flatMap(rows)),
  )
  if (flags.check) {
    tell('Package lists are as each Pi fetched them last: a run fetches them anew.')
    process.exitCode = todo.length > 0 ? exitCodes.wouldChange : exitCodes.done
    return
  }
  if (todo.length === 0) return
  await personAt(flags).agrees('packages and products are upgraded, one host after the other', 'provision --upgrade --check')
  await backedUp(
    fleet,
    roles,
    todo.map(({ host }) => host),
    only,
    flags,
  )
  const stop = stopOnInterrupt('Stopping after the host at hand. Ctrl-C again leaves at once; the same command goes on.')
  const quiet = quietFor(fleet, roles, 'provision --upgrade', flags)
  const progress = (text: string) => tell(`waiting: ${text}`)
  const look = { progress, all: true as const, again: 'the same command', ...(flags.acceptNewKeys && { acceptNewKeys: true as const }) }
  try {
    await oneByOne(todo, {
      nameOf: ({ host }) => host.name,
      async othersWell({ host }) {
        if (stop.aborted) throw new Failed({ message: 'stopped' })
        await untilWell(fleet, host, { ...look, butItself: true, within: 300 })
      },
      async upgrade(each) {
        quiet.about(each.host.name)
        await packagesUpgraded(fleet, rolesOf(each.host, roles, only), each, flags, stop)
        const results = await provisionShown(fleet, [each.host], { ...flags, ...(only && { role: only }), yes: true })
        const failure = [...results.values()].flatMap(result => result.failure ?? [])[0]
        if (failure) throw new Failed(failure)
      },
      well: async ({ host }) => void (await untilWell(fleet, host, look)),
    })
  } finally {
    await quiet.over()
  }
  process.exitCode = exitCodes.done
  tell(`Upgraded, one after the other, each seen at work: ${todo.map(({ host }) => host.name).join(', ')}.`)
}

const rows = ({ host, newer, changes }: Todo) =>
  [...newer.map(({ name, from, to }) => [name, from, to]), ...changes.map(name => [name, '', 'as this release has it'])].map(
    (row, index) => [index === 0 ? host.name : '', ...row],
  )

/** Looks at all hosts, and refuses before anything is changed on any. */
async function looked(fleet: Fleet, hosts: readonly Host[], only: readonly string[] | undefined, flags: Flags): Promise<readonly Todo[]> {
  const wanted = new Map<string, readonly Wanted[]>()
  const changes = new Map<string, string[]>()
  const results = await provision(fleet, hosts, registry, secretsFor(fleet, true), {
    check: true,
    diff: false,
    ...(only && { only }),
    parallel: 10,
    acceptNewKeys: flags.acceptNewKeys === true,
    ...asking(),
    on(event) {
      if (event.event === 'planned' && event.cluster === undefined)
        changes.set(
          event.host,
          event.changes.map(({ resource }) => resource),
        )
    },
    wanted: (host, of) => void wanted.set(host, of),
  })
  for (const [name, { failure }] of results)
    if (failure) throw new Failed({ host: name, ...failure, message: `nothing was upgraded: ${name}: ${failure.message}` })
  const answers = await onEach(fleet, hosts, { acceptNewKeys: flags.acceptNewKeys === true, ...asking() }, async (session, host) => {
    if (!flags.check) {
      const { code, stderr } = await session.run(fetchesLists, { timeout: 600 })
      if (code !== 0) throw new Failed({ message: `its package lists cannot be fetched: ${stderr.trim().split('\n').at(-1) ?? ''}` })
    }
    const packages = only && packagesOf(wanted.get(host.name) ?? [], only)
    const { code, stdout, stderr } = await session.run(asksPackages(packages), { timeout: 300 })
    if (code !== 0) throw new Failed({ message: `apt cannot tell what is newer: ${stderr.trim().split('\n').at(-1) ?? ''}` })
    return { packages, seen: readPackages(stdout) }
  })
  return hosts.map(host => {
    const answer = answers.get(host.name)
    if (!answer || 'failure' in answer)
      throw new Failed({
        ...answer?.failure,
        host: host.name,
        message: `nothing was upgraded: ${host.name}: ${answer?.failure.message ?? 'no answer'}`,
      })
    const { packages, seen } = answer.value
    refuseOtherRelease(host, seen)
    return { host, packages, newer: seen.newer, changes: changes.get(host.name) ?? [] }
  })
}

/** Debian packages that roles want on a host. */
function packagesOf(wanted: readonly Wanted[], only: readonly string[]): readonly string[] {
  return [
    ...new Set(
      wanted.flatMap(({ role, resource }) =>
        resource.kind === aptKind && role.split('+').some(name => only.includes(name))
          ? (resource.spec as { readonly packages: readonly string[] }).packages
          : [],
      ),
    ),
  ].sort()
}

/** Keeps elsewhere what the roles of these hosts have to keep, or says that it does not. @throws Failed where it is not whole */
async function backedUp(
  fleet: Fleet,
  roles: Roles,
  hosts: readonly Host[],
  only: readonly string[] | undefined,
  flags: Flags,
): Promise<void> {
  const keepers = await keepersOf({ fleet, roles }, only, hosts)
  const names = [...new Set(keepers.map(({ role }) => role.name))].join(', ')
  if (keepers.length === 0) return
  if (flags.backup === false) return tell(`No backup of ${names} is taken first, for --no-backup was said.`)
  const depot = await depotOf(undefined, fleet.file, false)
  tell(`First a backup of ${names}, into ${depot.at}.`)
  const set = await takeShown(await contextOf(fleet, depot, flags), keepers, { controller: true })
  if (isComplete(set)) return
  throw new Failed({
    message: `nothing was upgraded: the backup ${set.id} lacks ${set.lacks.map(({ host, role, why }) => `${role} of ${host} (${why})`).join(', ')}`,
    hint: 'mend that, or leave the backup out: --no-backup',
  })
}

async function packagesUpgraded(
  fleet: Fleet,
  own: readonly AnyRole[],
  { host, packages, newer }: Todo,
  flags: Flags,
  stop: AbortSignal,
): Promise<void> {
  if (newer.length === 0) return
  const open = opener(fleet, { acceptNewKeys: flags.acceptNewKeys === true, secrets: secretsFor(fleet, true), ...asking() })
  const session = await open(host)
  try {
    const waiting = (what: string) => tell(`${host.name}: waiting for ${what}`)
    await takeLock(session, { owner: thisRun('provision --upgrade'), work: 'upgrade' }, waiting)
    for (const role of own)
      if (role.ready) await untilReady(role.name, role.ready({ host, fleet, vars: varsOf(role, host) }), { host, session, waiting, stop })
    const units = own.flatMap(role => role.status?.({ host, fleet, vars: varsOf(role, host) }).units ?? [])
    // Owed from now on, whatever becomes of this run: `provision` looks whether they do their work.
    await session.run(
      marksText({ pending: own.filter(role => role.status ?? role.healthy).map(({ name }) => healthMark(name)), made: [] }),
      { timeout: 30 },
    )
    tell(`${host.name}: upgrades ${newer.length} packages`)
    const { code, stdout, stderr } = await session.run(upgradesPackages(units, packages && newer.map(({ name }) => name)), {
      timeout: 3600,
    })
    for (const [, unit] of stdout.matchAll(/^started again: (.+)$/gm))
      tell(`${host.name}: ${unit ?? ''} started again, for it had a file of before in use`)
    if (code !== 0)
      throw new Failed({
        host: host.name,
        message: `packages of ${host.name} cannot be upgraded (exit code ${code})`,
        output: `${stdout}\n${stderr}`.trim().split('\n').slice(-10),
      })
  } finally {
    await session.close()
  }
}
