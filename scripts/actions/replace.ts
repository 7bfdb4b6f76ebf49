import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { asking } from '../../cli/asking.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { tell } from '../../cli/output.ts'
import { personAt } from '../../cli/person.ts'
import { foundSets, keepersOf, type Keeper } from '../../engine/backup/index.ts'
import { revokeIssued } from '../../engine/ca/issued.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import { didYouMean } from '../../engine/inventory/nearest.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { offersOf } from '../../engine/offer.ts'
import { carryOut, newJournal, ownJournal, ownOf, realClock, sealSecret, type OwnJournal, type Seal } from '../../engine/operation/index.ts'
import {
  alone,
  asksMark,
  givesCard,
  judge,
  losses,
  operation,
  readCard,
  resumedAt,
  returns,
  stepsOf,
  takesCard,
  type About,
  type Journal,
  type Return,
  type Step,
} from '../../engine/replace/index.ts'
import type { Roles } from '../../engine/role.ts'
import { takeLock, thisRun } from '../../engine/run/lock.ts'
import { opener } from '../../engine/run/open.ts'
import { secretsFor } from '../../engine/run/provision.ts'
import { rolesOf, varsOf } from '../../engine/run/resolve.ts'
import { Unreachable } from '../../engine/ssh/errors.ts'
import type { Session } from '../../engine/ssh/session.ts'
import { registry } from '../../roles/index.ts'
import { revocationReaders } from '../../roles/offers.ts'
import { depotOf } from './backup-place.ts'
import { contextOf, restoreShown } from './backup.ts'
import { fleetOf } from './fleet-of.ts'
import { provisionShown } from './provision.ts'
import { untilWell } from './until-well.ts'

/** The command line of `fleet replace`. */
export interface ReplaceFlags {
  readonly base?: string
  readonly out?: string
  readonly sha256?: string
  readonly hostKey?: string
  readonly to?: string
  /** Minutes. */
  readonly wait: string
  readonly check?: true
  readonly abort?: true
  readonly acceptNewKeys?: true
  readonly yes?: true
}

type Flags = ReplaceFlags & CommonOptions

/** What a run works with. */
interface Work {
  readonly fleet: Fleet
  readonly host: Host
  readonly flags: Flags
  readonly roles: Roles
  readonly keepers: readonly Keeper[]
  readonly own: OwnJournal
  readonly seal: Seal
  open(host: Host): Promise<Session>
}

/**
 * Makes an empty card the host it was: asks, then goes step by step. Cut anywhere and run again it goes on. Exit code 2 where `--check`
 * found something to do.
 * @throws Failed where the host lives, another replacement is under way, or a step fails
 */
export async function replace(name: string, flags: Flags): Promise<void> {
  const work = await workOf(name, flags)
  if (flags.check) return begin(work)
  const letGo = alone(`${work.fleet.file.replace(/\.ya?ml$/, '')}.replace.lock`)
  try {
    await (flags.abort ? giveUp(work) : begin(work))
  } finally {
    letGo()
  }
}

async function workOf(name: string, flags: Flags): Promise<Work> {
  const fleet = await fleetOf('fleet', flags)
  const names = fleet.hosts.map(each => each.name)
  const host = fleet.hosts.find(each => each.name === name)
  if (!host) throw new UsageError(`there is no host ${name} in this fleet`, didYouMean(name, names) ?? `there is: ${names.join(', ')}`)
  if ((flags.base === undefined) !== (flags.out === undefined))
    throw new UsageError('an image needs both: --base, what it is made of, and --out, the file to make')
  if (!(Number(flags.wait) >= 0)) throw new UsageError(`--wait wants minutes, not "${flags.wait}"`)
  if (flags.hostKey !== undefined && !/^SHA256:[A-Za-z0-9+/]{43}$/.test(flags.hostKey))
    throw new UsageError(
      `--host-key wants a fingerprint, SHA256:…, not "${flags.hostKey}"`,
      'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, on the Pi',
    )
  const roles = await registry.ofFleet(fleet)
  return {
    fleet,
    host,
    flags,
    roles,
    keepers: await keepersOf({ fleet, roles }, undefined, [host]),
    own: ownJournal(fleet.file, operation.files),
    seal: { fleet: fleet.name, key: secretsFor(fleet, flags.check === true).get(sealSecret(operation.files)) },
    open: opener(fleet, {
      acceptNewKeys: flags.acceptNewKeys === true,
      secrets: secretsFor(fleet, true),
      expected: each => (each === host ? flags.hostKey : undefined),
      ...asking(),
    }),
  }
}

async function begin(work: Work): Promise<void> {
  const { fleet, host, flags, own, seal, keepers, roles } = work
  const left = ownOf(own, seal, operation)
  const [other] = left?.hosts ?? []
  if (left && other !== host.name)
    throw new Failed({
      message: `the replacement of ${other ?? '?'} was cut off at step ${left.at + 1} of ${left.steps.length}: one at a time`,
      hint: `\`fleet replace ${other ?? ''}\` goes on with it, and with --abort leaves it as it stands`,
    })
  const card = await cardNow(work, left)
  const now = new Date()
  const depot = await depotOf(flags.to, fleet.file, true)
  const back = returns(
    keepers,
    (await foundSets(depot)).flatMap(({ set }) => set ?? []),
    now,
    left?.sets,
  )
  const gone = Object.entries(left?.sets ?? {}).find(([role]) => !back.some(({ keeper }) => keeper.role.name === role))
  if (gone)
    throw new Failed({
      message: `the backup ${gone[1]} of ${gone[0]}, which this began with, is not in ${depot.at}`,
      hint: 'bring it back, or name its place with --to',
    })
  const lost = await losses({
    host,
    fleet,
    own: rolesOf(host, roles),
    keepers,
    returns: back,
    now,
    ask: (other, text) => attempt(work, other, text),
  })
  const image =
    left?.image ??
    (flags.base !== undefined && flags.out !== undefined ? { base: path.resolve(flags.base), out: path.resolve(flags.out) } : undefined)
  if (image && !left && existsSync(image.out))
    throw new UsageError(`${image.out} is there already`, 'name another file with --out, or remove it')
  const steps = left?.steps ?? stepsOf(host.name, { image: image !== undefined, returns: back })
  const at = left ? resumedAt(left, card) : 0
  const person = personAt(flags)
  if (flags.check || !person.json)
    person.print({ host: host.name, answers: card ?? 'nothing', lost, at, steps }, () => outlookText(work, { card, lost, steps, at, left }))
  if (flags.check) {
    process.exitCode = exitCodes.wouldChange
    return
  }
  await person.agrees(`the former card of ${host.name} is taken for dead, for good`, `fleet replace ${host.name} --check`)
  const journal: Journal = left
    ? { ...left, at }
    : newJournal<About, Step>({
        fleet: fleet.name,
        owner: thisRun('fleet replace'),
        hosts: [host.name],
        last: 0,
        about: { sets: Object.fromEntries(back.map(({ keeper, set }) => [keeper.role.name, set.id])), ...(image && { image }) },
        steps,
      })
  await goOn(work, journal, back)
}

function outlookText(
  { host }: Work,
  {
    card,
    lost,
    steps,
    at,
    left,
  }: {
    readonly card: 'ours' | 'empty' | undefined
    readonly lost: readonly string[]
    readonly steps: readonly Step[]
    readonly at: number
    readonly left: Journal | undefined
  },
): string {
  const answers = { ours: 'the new card answers', empty: 'an empty card answers', none: 'nothing answers' }[card ?? 'none']
  return [
    left
      ? `Goes on with the replacement of ${host.name} begun ${left.began}: ${answers} at ${host.address}.`
      : `${host.name}: ${answers} at ${host.address}.`,
    ...steps.slice(at).map((step, index) => `${String(at + index + 1).padStart(3)}  ${step.state.padEnd(10)} ${operation.meaningOf(step)}`),
    ...lost.map(line => `  ${line}`),
    '',
  ].join('\n')
}

/** Takes the steps that are left. */
async function goOn(work: Work, journal: Journal, back: readonly Return[]): Promise<void> {
  const { host, own, seal, flags, roles } = work
  const person = personAt(flags)
  const show = await person.shows(journal, operation)
  const said: string[] = []
  try {
    await carryOut(journal, operation, {
      own,
      seal,
      // Its own card is the one that is replaced, and the others have no part in it: the journal is here alone.
      copies: { known: () => false, keep: async () => {} },
      clock: realClock,
      on: show.on,
      stop: person.stops('Stopping after the step at hand. Ctrl-C again leaves at once; the same command goes on.', show.say),
      async take({ state }, now, progress) {
        said.push(...(await take(work, state, now, back, progress)))
        return undefined
      },
    })
    await show.ended()
  } catch (error) {
    await show.ended(error)
    throw error
  }
  process.exitCode = exitCodes.done
  const deployed = host.roles.filter(role => roles[role]?.deployment)
  if (person.json) return person.event({ event: 'replaced', host: host.name, says: said })
  for (const each of said) tell(each)
  if (deployed.length > 0) tell(`${deployed.join(', ')} needs another key and certificate: provision ${host.name} --deploy`)
  person.out(`${host.name} is whole again.\n`)
}

/** Takes one step. Each looks first at what is there. What a person should know at the end is given. */
async function take(
  work: Work,
  state: Step['state'],
  journal: Journal,
  back: readonly Return[],
  progress: (text: string) => void,
): Promise<readonly string[]> {
  const { fleet, host, flags } = work
  switch (state) {
    case 'image': {
      const { write } = await import('./image.ts')
      if (journal.image)
        await write(host.name, {
          ...flags,
          ...journal.image,
          force: true,
          replaces: true,
          ...(flags.sha256 !== undefined && { sha256: flags.sha256 }),
        })
      return []
    }
    case 'card':
      await takeCard(work, journal, progress)
      return []
    case 'numbers':
      return numbered(work, back)
    case 'provision':
      await provisioned(work, [host])
      return []
    case 'restore': {
      const context = await contextOf(fleet, await depotOf(flags.to, fleet.file, true), flags)
      for (const { keeper, set, steps } of back) if (steps.length > 0) await restoreShown(context, set, [{ keeper, steps }])
      return []
    }
    case 'revoke':
      return revoked(work, new Date(journal.began))
    case 'look': {
      const remarks = await untilWell(fleet, host, {
        progress,
        again: `fleet replace ${host.name}`,
        ...(flags.acceptNewKeys && { acceptNewKeys: true }),
      })
      await held(work, session => session.run(givesCard, { timeout: 30 }))
      return remarks
    }
  }
}

/** What answers at the host's address now; undefined: nothing does. @throws Failed where it is no card for this */
async function cardNow({ open, host }: Work, left: Journal | undefined): Promise<'ours' | 'empty' | undefined> {
  let session: Session
  try {
    session = await open(host)
  } catch (error) {
    if (error instanceof Unreachable && error.code === 'unreachable') return undefined
    throw withKeyHint(error, host)
  }
  try {
    const seen = readCard(session.facts, (await session.run(asksMark, { timeout: 30 })).stdout)
    // All but the last look was done with the card that was taken, and it may have been given back already.
    if (left && left.steps[left.at]?.state === 'look' && seen.mark === undefined && seen.made.length > 0) return 'ours'
    return judge(host.name, seen, left?.id)
  } finally {
    await session.close()
  }
}

/** A key that is not the known one is what a new card has: the person says which it is. */
function withKeyHint(error: unknown, { name }: Host): unknown {
  if (!(error instanceof Failed) || error.code !== 'host-key') return error
  return new Failed({
    ...error.failure,
    hint: `a new card has a key of its own, unless \`image write\` made it. Read it on the Pi (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then: fleet replace ${name} --host-key SHA256:…`,
  })
}

async function takeCard(work: Work, journal: Journal, progress: (text: string) => void): Promise<void> {
  const { host, flags } = work
  const end = Date.now() + Number(flags.wait) * 60_000
  for (;;) {
    const card = await cardNow(work, journal)
    if (card === 'ours') return
    if (card === 'empty') break
    progress(`no card answers at ${host.address} yet: write it, put it in, switch the Pi on`)
    if (Date.now() > end)
      throw new Failed({
        code: 'unreachable',
        host: host.name,
        message: `no card answered at ${host.address} within ${flags.wait} minutes`,
        hint: `once it does: fleet replace ${host.name}`,
      })
    await pause(2000)
  }
  await held(work, async session => {
    // Another run may have been quicker.
    const seen = readCard(session.facts, (await session.run(asksMark, { timeout: 30 })).stdout)
    if (judge(host.name, seen, journal.id) === 'ours') return
    const { code, stderr } = await session.run(takesCard({ id: journal.id, owner: thisRun('fleet replace'), began: journal.began }), {
      timeout: 60,
    })
    if (code !== 0) throw new Failed({ host: host.name, message: `the card of ${host.name} cannot be written: ${stderr.trim()}` })
  })
}

/** Holds the host for as long as something is done there. */
async function held<T>({ open, host }: Work, does: (session: Session) => Promise<T>): Promise<T> {
  const session = await open(host)
  try {
    await takeLock(session, { owner: thisRun('fleet replace'), work: 'replace' }, what => tell(`${host.name}: waiting for ${what}`))
    return await does(session)
  } finally {
    await session.close()
  }
}

async function numbered(work: Work, back: readonly Return[]): Promise<readonly string[]> {
  const { host } = work
  return held(work, async session => {
    const said: string[] = []
    for (const { keeper, seeds } of back)
      for (const { does, run } of seeds) {
        const { code, stderr } = await session.run(run, { timeout: 60 })
        if (code !== 0)
          throw new Failed({
            host: host.name,
            role: keeper.role.name,
            message: `${host.name}: ${does}: ${stderr.trim() || `exit code ${code}`}`,
          })
        said.push(`${host.name}: ${keeper.role.name}: ${does}`)
      }
    return said
  })
}

async function provisioned({ fleet, flags, host }: Work, hosts: readonly Host[], role?: readonly string[]): Promise<void> {
  const results = await provisionShown(fleet, hosts, {
    parallel: '10',
    yes: true,
    ...(role && { role }),
    ...(flags.json && { json: true }),
    ...(flags.acceptNewKeys && { acceptNewKeys: true }),
  })
  const failure = [...results.values()].flatMap(result => result.failure ?? [])[0]
  if (failure) throw new Failed({ ...failure, hint: `${failure.hint ?? 'mend the cause'}; then: fleet replace ${host.name}` })
}

/** Takes back what was issued for the former card, and tells those who look at the list. */
async function revoked(work: Work, before: Date): Promise<readonly string[]> {
  const { fleet, host, roles } = work
  const count = revokeIssued(fleet.file, host, before)
  const readers = offersOf(fleet, roles, varsOf)(revocationReaders)
  if (readers.length > 0)
    await provisioned(
      work,
      fleet.hosts.filter(each => readers.some(reader => reader.host === each)),
      [...new Set(readers.map(({ role }) => role))],
    )
  return count === 0
    ? []
    : [`${count} ${count === 1 ? 'certificate' : 'certificates'} of its former card ${count === 1 ? 'is' : 'are'} taken back`]
}

/** Asks another host; nothing where it does not answer. */
async function attempt({ open }: Work, other: Host, text: string): Promise<string | undefined> {
  try {
    const session = await open(other)
    try {
      const { code, stdout } = await session.run(text, { timeout: 120 })
      return code === 0 ? stdout : undefined
    } finally {
      await session.close()
    }
  } catch {
    return undefined
  }
}

/** Leaves things as they stand, so that another replacement may begin. */
async function giveUp(work: Work): Promise<void> {
  const { host, own, seal } = work
  const left = ownOf(own, seal, operation)
  if (!left || left.hosts[0] !== host.name) throw new Failed({ message: `no replacement of ${host.name} was cut off` })
  await personAt(work.flags).agrees(
    `the replacement of ${host.name} is left at step ${left.at + 1} of ${left.steps.length}`,
    `fleet replace ${host.name} --check`,
  )
  await held(work, session => session.run(givesCard, { timeout: 30 })).catch(() =>
    tell(`${host.name} does not answer: a card that was taken keeps its mark`),
  )
  own.remove()
  tell(`Left so: \`provision ${host.name}\` and \`backup restore --host ${host.name}\` do the rest one by one.`)
}
