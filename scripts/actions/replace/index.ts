import { existsSync } from 'node:fs'
import path from 'node:path'
import { exitCodes } from '../../../cli/exit-codes.ts'
import { tell } from '../../../cli/output.ts'
import { personAt } from '../../../cli/person.ts'
import { foundSets } from '../../../engine/backup/index.ts'
import { Failed, UsageError } from '../../../engine/errors.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import { carryOut, newJournal, ownOf, realClock } from '../../../engine/operation/index.ts'
import {
  alone,
  givesCard,
  losses,
  operation,
  resumedAt,
  returns,
  stepsOf,
  type About,
  type Journal,
  type Return,
  type Step,
} from '../../../engine/replace/index.ts'
import { thisRun } from '../../../engine/run/lock.ts'
import { rolesOf } from '../../../engine/run/resolve.ts'
import { depotOf } from '../backup-place.ts'
import { cardNow, held } from './card.ts'
import { outlookText } from './outlook.ts'
import { take } from './steps.ts'
import { workOf, type Flags, type Work } from './work.ts'

export type { ReplaceFlags } from './work.ts'

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
