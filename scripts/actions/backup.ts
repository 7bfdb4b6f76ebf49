import { buffer } from 'node:stream/consumers'
import { asking } from '../../cli/asking.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import type { Candidate } from '../../cli/names.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { out, outJson, passing, print, tell } from '../../cli/output.ts'
import { personAt } from '../../cli/person.ts'
import { size, table } from '../../cli/table.ts'
import {
  began,
  controllerHost,
  controllerReader,
  foundSets,
  isComplete,
  keepersOf,
  needless,
  needlessCut,
  restorePlans,
  restoreSet,
  takeBackup,
  verifySet,
  writeControllerFiles,
  type BackupContext,
  type BackupEvent,
  type BackupSet,
  type Depot,
  type FoundSet,
  type Keeper,
  type ReaderOf,
} from '../../engine/backup/index.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import { didYouMean } from '../../engine/inventory/nearest.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { thisRun } from '../../engine/run/lock.ts'
import { opener } from '../../engine/run/open.ts'
import { secretsFor } from '../../engine/run/provision.ts'
import { registry } from '../../roles/index.ts'
import { figuresFolder } from '../../roles/figures-folder.ts'
import { depotOf } from './backup-place.ts'
import { fleetOf } from './fleet-of.ts'

export interface BackupFlags extends CommonOptions {
  readonly to?: string
}

export interface RunFlags extends BackupFlags {
  readonly role?: readonly string[]
  readonly keep: string
  readonly acceptNewKeys?: true
}

export interface RestoreFlags extends BackupFlags {
  readonly role?: readonly string[]
  readonly host?: readonly string[]
  readonly files?: string
  readonly check?: true
  readonly acceptNewKeys?: true
  readonly yes?: true
}

/** Takes a backup, and removes those that it makes needless. Exit code 1 where a host is missing in it. */
export async function runBackup(flags: RunFlags): Promise<void> {
  const keep = Number(flags.keep)
  if (!Number.isInteger(keep) || keep < 1) throw new UsageError(`--keep wants a whole number from 1, not "${flags.keep}"`)
  const fleet = await fleetOf('backup', flags)
  const depot = await depotOf(flags.to, fleet.file, false)
  const keepers = await wantedKeepers(fleet, flags.role)
  const set = await takeShown(await contextOf(fleet, depot, flags), keepers, { controller: flags.role === undefined })
  // What was kept of other roles is another series: a backup of one role takes none of all away.
  const gone = isComplete(set) ? await goneWith(set, depot, keep) : []
  for (const id of gone) await depot.remove(id)
  if (flags.json) outJson({ event: 'backup', at: depot.at, ...set, removed: gone })
  else {
    out(`${set.id}  ${size(set.pieces.reduce((sum, { stored }) => sum + stored, 0))} in ${depot.at}\n`)
    for (const { host, role, why } of set.lacks) tell(`It lacks ${role} of ${host}: ${why}`)
    if (gone.length > 0) tell(`Removed ${gone.join(', ')}.`)
  }
  process.exitCode = isComplete(set) ? exitCodes.done : exitCodes.failed
}

/** Takes a backup and shows it. */
export async function takeShown(
  context: BackupContext,
  keepers: readonly Keeper[],
  { controller }: { readonly controller: boolean },
): Promise<BackupSet> {
  const set = await takeBackup(context, { keepers, controller })
  passing('')
  return set
}

/** Backups of the same roles that a new one makes needless, and with them what runs that were cut off left. */
async function goneWith({ roles: of }: BackupSet, depot: Depot, keep: number): Promise<readonly string[]> {
  const found = await foundSets(depot)
  const series = found.flatMap(({ set }) => (set && set.roles.toSorted().join() === of.toSorted().join() ? [set] : []))
  return [...needless(series, keep).map(({ id }) => id), ...needlessCut(found, series, keep, new Date())]
}

export async function listBackups(flags: BackupFlags): Promise<void> {
  const fleet = await fleetOf('backup', flags)
  const depot = await depotOf(flags.to, fleet.file, true)
  const found = await foundSets(depot)
  if (found.length === 0 && !flags.json) return tell(`There is no backup in ${depot.at} yet: \`backup run\` takes one.`)
  print(flags.json, { at: depot.at, backups: found }, () => table(['BACKUP', 'AGE', 'SIZE', 'HOLDS'], found.map(row), { right: [2] }))
}

function row({ id, set, wrong }: FoundSet): readonly string[] {
  const hours = (Date.now() - began(id).getTime()) / 3_600_000
  const age = hours < 48 ? `${Math.max(0, Math.round(hours))} h` : `${Math.round(hours / 24)} days`
  if (!set) return [id, age, '–', wrong ?? '']
  const holds = set.roles.map(
    role => `${role}: ${[...new Set(set.pieces.filter(each => each.role === role).map(({ host }) => host))].join(' ')}`,
  )
  const lacks = set.lacks.length === 0 ? '' : `; lacks ${set.lacks.map(({ host, role }) => `${role} of ${host}`).join(', ')}`
  return [id, age, size(set.pieces.reduce((sum, { stored }) => sum + stored, 0)), `${holds.join('; ')}${lacks}`]
}

/** Reads all of a backup. Exit code 1 where anything of it is damaged. */
export async function verifyBackup(id: string | undefined, flags: BackupFlags): Promise<void> {
  const fleet = await fleetOf('backup', flags)
  const depot = await depotOf(flags.to, fleet.file, true)
  const set = await chosen(depot, id)
  const damage = await verifySet(depot, set, readerOf, ({ host, role, name, bytes, figures }, wrong) => {
    if (!flags.json)
      out(
        `${wrong === undefined ? 'good    ' : 'DAMAGED '} ${spoken(host, role, name)}  ${wrong ?? `${size(bytes)}${figuresText(figures)}`}\n`,
      )
  })
  if (flags.json) outJson({ id: set.id, good: damage.length === 0, damage, lacks: set.lacks }, 2)
  else
    tell(damage.length === 0 ? `All of ${set.id} can be read.` : `${damage.length} of ${set.pieces.length} parts of ${set.id} are damaged.`)
  process.exitCode = damage.length === 0 ? exitCodes.done : exitCodes.failed
}

/** Puts back what is missing. It is read as a whole before anything changes. */
export async function restoreBackup(id: string | undefined, flags: RestoreFlags): Promise<void> {
  const fleet = await fleetOf('backup', flags)
  const depot = await depotOf(flags.to, fleet.file, true)
  const set = await chosen(depot, id)
  if (flags.files !== undefined) return restoreFiles(depot, set, flags.files)
  const keepers = (await wantedKeepers(fleet, flags.role)).filter(({ host }) => !flags.host || flags.host.includes(host.name))
  const plans = restorePlans(set, keepers).filter(({ steps }) => steps.length > 0)
  if (plans.length === 0)
    throw new Failed({ message: `${set.id} has nothing for these hosts`, hint: `it holds ${holdsText(set)}: see \`backup list\`` })
  const steps = plans.flatMap(({ keeper, steps: of }) =>
    of.map(({ piece, does }) => ({
      host: keeper.host.name,
      role: keeper.role.name,
      does,
      ...(piece && { of: piece.host, part: piece.name, bytes: piece.bytes }),
    })),
  )
  if (flags.check || !flags.json)
    print(flags.json, { id: set.id, steps }, () =>
      table(
        ['ONTO', 'ROLE', 'WHAT', 'FROM'],
        steps.map(step => [step.host, step.role, step.does, step.of === undefined ? '' : `${step.of} ${step.part}`]),
      ),
    )
  if (flags.check) {
    process.exitCode = exitCodes.wouldChange
    return
  }
  await personAt(flags).agrees(
    `${set.id} is put back onto ${[...new Set(steps.map(({ host }) => host))].join(', ')}`,
    'backup restore --check',
  )
  await restoreShown(await contextOf(fleet, depot, flags), set, plans)
  if (!flags.json) tell(`All that ${set.id} has of these is back. Rows that are newer than it stayed.`)
}

/** Reads what is about to be put back, and puts it back. @throws Failed where any of it is damaged: nothing was changed then */
export async function restoreShown(context: BackupContext, set: BackupSet, plans: ReturnType<typeof restorePlans>): Promise<void> {
  const wanted = new Set(
    plans.flatMap(({ keeper, steps }) => steps.flatMap(({ piece }) => (piece ? [`${piece.host} ${keeper.role.name} ${piece.name}`] : []))),
  )
  const part = { ...set, pieces: set.pieces.filter(({ host, role, name }) => wanted.has(`${host} ${role} ${name}`)) }
  const [damage] = await verifySet(context.depot, part, readerOf)
  if (damage)
    throw new Failed({
      message: `nothing was changed: ${spoken(damage.piece.host, damage.piece.role, damage.piece.name)} of ${set.id} is damaged: ${damage.why}`,
      hint: 'take another backup: `backup list`, `backup verify NAME`',
    })
  await restoreSet(context, set, plans)
  passing('')
}

async function restoreFiles(depot: Depot, set: BackupSet, folder: string): Promise<void> {
  const piece = set.pieces.find(({ host }) => host === controllerHost)
  if (!piece) throw new Failed({ message: `${set.id} has no files of a controller`, hint: 'one of all roles has them: `backup list`' })
  const content = await buffer(await depot.opened(await depot.stored(set.id, piece.file)))
  for (const file of writeControllerFiles(content, folder)) tell(file)
}

/** The backup of that name, or the last one that says what it holds. */
export async function chosen(depot: Depot, id: string | undefined): Promise<BackupSet> {
  const found = await foundSets(depot)
  const is = id === undefined ? found.findLast(({ set }) => set) : found.find(each => each.id === id)
  if (is?.set) return is.set
  if (is) throw new Failed({ message: `${is.id} cannot be used: ${is.wrong ?? ''}`, hint: 'see `backup list`' })
  const names = found.map(each => each.id)
  throw new Failed({
    message: id === undefined ? `there is no backup in ${depot.at}` : `there is no backup "${id}" in ${depot.at}`,
    hint: (id !== undefined && didYouMean(id, names)) || 'see `backup list`; another place is named with --to',
  })
}

/** Names of backups, for completion. */
export async function backupNames(): Promise<readonly Candidate[]> {
  try {
    const { inventoryOf } = await import('../../cli/inventory.ts')
    const depot = await depotOf(undefined, inventoryOf('backup', {}), true)
    return (await depot.sets()).map(({ id }) => ({ value: id, meaning: 'backup' }))
  } catch {
    return []
  }
}

const readerOf: ReaderOf = async (role, part) =>
  role === controllerHost ? controllerReader() : (await (await registry.load([role]))[role]?.backup?.())?.reader(part)

async function wantedKeepers(fleet: Fleet, only: readonly string[] | undefined): Promise<readonly Keeper[]> {
  const roles = await registry.all()
  const able = Object.keys(roles).filter(name => roles[name]?.backup)
  const unknown = only?.find(name => !able.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`there is nothing to keep of a role "${unknown}"`, didYouMean(unknown, able) ?? `roles: ${able.join(', ')}`)
  const keepers = await keepersOf({ fleet, roles }, only)
  if (keepers.length === 0 && only) throw new Failed({ message: `no host of the fleet ${fleet.name} has the role ${only.join(', ')}` })
  return keepers
}

/** What works on the fleet's hosts for this command, and shows what happens. */
export async function contextOf(
  fleet: Fleet,
  depot: Depot,
  flags: CommonOptions & { readonly acceptNewKeys?: true },
): Promise<BackupContext> {
  return {
    fleet,
    roles: await registry.ofFleet(fleet),
    figures: figuresFolder,
    depot,
    owner: thisRun('backup'),
    open: opener(fleet, { acceptNewKeys: flags.acceptNewKeys === true, secrets: secretsFor(fleet, true), ...asking() }),
    on: event => (flags.json ? outJson(event) : shows(event)),
    stop: stopOnInterrupt('Stopping; what is not whole is not kept. Ctrl-C again leaves at once.'),
  }
}

function shows(event: BackupEvent): void {
  switch (event.event) {
    case 'part':
      return passing(`${spoken(event.host, event.role, event.part)}: ${event.does} …`)
    case 'bytes':
      return passing(`${event.host} ${event.part}: ${size(event.bytes)} …`)
    case 'done':
      passing('')
      return out(
        `${spoken(event.host, event.role, event.part)}  ${size(event.bytes)} in ${event.seconds.toFixed(1)} s${figuresText(event.figures)}\n`,
      )
    case 'failed':
      passing('')
      return tell(`${event.host}: ${event.role}: ${event.why}`)
  }
}

const spoken = (host: string, role: string, part: string) => (host === controllerHost ? `files of this machine` : `${host} ${role} ${part}`)

const figuresText = (figures: Readonly<Record<string, number>>) =>
  Object.entries(figures)
    .map(([what, number]) => `, ${what}: ${number}`)
    .join('')

const holdsText = (set: BackupSet) =>
  set.roles
    .map(role => `${role} of ${[...new Set(set.pieces.filter(each => each.role === role).map(({ host }) => host))].join(', ')}`)
    .join('; ')
