import { Failed } from '../errors.ts'
import type { Fleet } from '../inventory/types.ts'
import { thisRun } from '../run/lock.ts'
import type { Session } from '../ssh/session.ts'
import { atWork } from './at-work.ts'
import { carryOut } from './carry-out.ts'
import { realClock } from './clock.ts'
import type { Course } from './course.ts'
import { cutOff, ownOf } from './cut-off.ts'
import { copiesOn, Hosts } from './hosts.ts'
import { unfinishedOf, type Journal } from './journal.ts'
import { finish, type Keeping } from './keeping.ts'
import { ownJournal } from './own-journal.ts'
import type { Person } from './person.ts'
import type { Seal } from './seal.ts'
import type { Step } from './step.ts'
import { survey } from './survey.ts'

/** What all long operations take on their command line. */
export interface LeadFlags {
  /** Only looks. */
  readonly check?: true
  /** Goes on where a run was cut off. */
  readonly resume?: true
  /** Leaves things as a run that was cut off left them. */
  readonly abort?: true
}

/** What leads an operation. */
export interface Lead {
  readonly fleet: Fleet
  readonly hosts: Hosts
  readonly seal: Seal
  readonly person: Person
  readonly flags: LeadFlags
  /** Opens a session to a host of the inventory. */
  open(name: string): Promise<Session>
}

/** Exit codes of an operation: all is done, it is refused, `--check` found something to do. */
const codes = { done: 0, refused: 1, wouldChange: 2 }

/**
 * Looks, says what would be done, asks, and does it; or goes on with a run that was cut off, or gives it up. Resolves with the exit code.
 * @throws Failed where it is refused, or a step fails
 */
export async function lead<A extends object, S extends Step, T>(course: Course<A, S, T>, options: Lead): Promise<number> {
  const { flags, fleet, seal } = options
  if (flags.resume) return resume(course, options)
  if (flags.abort) return abort(course, options)
  const own = ownJournal(fleet.file, course.operation.files)
  const outlook = await course.look(ownOf(own, seal, course.operation))
  if (!flags.check) await refuseWhileAtWork(outlook.locked, course, options)
  return decide(outlook, course, options)
}

async function decide<A extends object, S extends Step, T>(
  outlook: Awaited<ReturnType<Course<A, S, T>['look']>>,
  course: Course<A, S, T>,
  options: Lead,
): Promise<number> {
  const { name, of, command } = course.operation
  const { person, flags } = options
  const { findings, unfinished, steps } = outlook
  const refusal = findings.find(({ refuses }) => refuses)
  if (flags.check || refusal || unfinished || steps.length === 0 || !person.json)
    person.print(outlook.json(), () => outlook.text(flags.check === true))
  if (flags.check) return refusal ? codes.refused : steps.length > 0 ? codes.wouldChange : codes.done
  if (unfinished)
    throw new Failed({
      message: `a ${name} of this ${of} was cut off at step ${unfinished.at + 1} of ${unfinished.steps.length}`,
      hint: `${command} --resume goes on; ${command} --abort leaves the ${of} as it is`,
    })
  if (refusal) throw new Failed({ message: `nothing was done: the ${of} is not ready for it`, hint: refusal.remedy })
  if (steps.length === 0) return codes.done
  await person.agrees(course.operation.warns, `${command} --check`)
  return carryOn(outlook.begins(thisRun(command)), course, options)
}

async function carryOn<A extends object, S extends Step, T>(
  journal: Journal<A, S>,
  course: Course<A, S, T>,
  options: Lead,
): Promise<number> {
  const { person, fleet } = options
  const show = await person.shows(journal, course.operation)
  try {
    await carryOut(journal, course.operation, {
      ...keeping(course, options),
      clock: realClock,
      on: show.on,
      stop: person.stops('Stopping; what a node is at goes on there. Ctrl-C again leaves at once.', show.say),
      take: (step, state, progress) => course.take(step, state, progress),
    })
    await show.ended()
  } catch (error) {
    await show.ended(error)
    throw error
  }
  const { answers } = await course.survey(journal.hosts.filter(known(fleet)))
  if (person.json) person.event({ event: course.operation.of, ...(course.json(answers) as object) })
  else {
    person.out(`\n${course.text(answers)}`)
    for (const remark of course.remarks(journal)) person.tell(remark)
  }
  return codes.done
}

async function resume<A extends object, S extends Step, T>(course: Course<A, S, T>, options: Lead): Promise<number> {
  const { person, flags } = options
  const { journal } = await leftOver(course, options)
  const left = { at: journal.at, steps: journal.steps.slice(journal.at) }
  if (flags.check || !person.json) person.print(left, () => stepsLeftText(journal, course))
  if (flags.check) return codes.wouldChange
  await person.agrees(course.operation.warns, `${course.operation.command} --resume --check`)
  return carryOn(journal, course, options)
}

/** What a resumed run is about to do. */
function stepsLeftText<A extends object, S extends Step>({ steps, at, began }: Journal<A, S>, { operation }: Course<A, S>): string {
  if (at >= steps.length) return `The ${operation.name} begun ${began} is over; those that did not hear of it are told.\n`
  const names = Math.max(...steps.map(({ node }) => node.length))
  const lines = steps.slice(at).map((step, index) => {
    const number = String(at + index + 1).padStart(3)
    return `${number}  ${step.node.padEnd(names)}  ${step.state.padEnd(12)}  ${operation.meaningOf(step)}\n`
  })
  return `Going on at step ${at + 1} of ${steps.length}, begun ${began}:\n${lines.join('')}`
}

async function abort<A extends object, S extends Step, T>(course: Course<A, S, T>, options: Lead): Promise<number> {
  const { person, flags } = options
  const { name, warns, command } = course.operation
  const { journal, answers } = await leftOver(course, options)
  const now = await course.standing(journal)
  if (flags.check || now.leave)
    person.print(
      { step: journal.steps[journal.at], ...now },
      () => `${course.text(answers)}\n${now.says.map(line => `${line}.\n`).join('')}`,
    )
  if (flags.check) return codes.done
  if (!now.leave) throw new Failed({ message: now.says[0] ?? 'it cannot be left now', hint: `${command} --resume` })
  await person.agrees(warns, `${command} --abort --check`)
  await course.leave(journal, now)
  await finish(journal, keeping(course, options), course.operation)
  if (!person.json) person.tell(`Left so; another ${name} may begin.`)
  return codes.done
}

/** The run that was cut off, while nobody is at work. */
async function leftOver<A extends object, S extends Step, T>(course: Course<A, S, T>, options: Lead) {
  const { fleet, seal } = options
  const { operation } = course
  const { journal, answers, locked } = await cutOff<T, A, S>({
    operation,
    seal,
    own: ownJournal(fleet.file, operation.files),
    hosts: course.hosts,
    known: known(fleet),
    survey: hosts => course.survey(hosts),
  })
  await refuseWhileAtWork(locked, course, options)
  if (!journal)
    throw new Failed({ code: 'locked', message: `somebody was at work on the ${operation.of} a moment ago`, hint: 'run it again' })
  return { journal, answers }
}

/** @throws Failed (`locked`) where a run lives: who it is, and at which step */
async function refuseWhileAtWork<A extends object, S extends Step, T>(
  locked: ReadonlyMap<string, string>,
  { operation }: Course<A, S, T>,
  { open, seal, person }: Lead,
): Promise<void> {
  if (locked.size === 0) return
  // Without an owner they are only looked at: who holds them keeps them.
  const only = new Hosts({ operation, open, waiting: (host, what) => person.tell(`${host}: waiting for ${what}`) })
  try {
    const { journals } = await survey([...locked.keys()], only, { operation, seal }, async () => {})
    throw new Failed({
      code: 'locked',
      message: atWork(locked, unfinishedOf(journals, operation)),
      hint: 'wait for it to end, or stop it with Ctrl-C there; nothing was begun here',
    })
  } finally {
    await only.close()
  }
}

function keeping<A extends object, S extends Step, T>({ operation }: Course<A, S, T>, { fleet, hosts, seal }: Lead): Keeping {
  return {
    own: ownJournal(fleet.file, operation.files),
    seal,
    copies: copiesOn(hosts, seal, new Set(fleet.hosts.map(({ name }) => name)), operation),
  }
}

const known = (fleet: Fleet) => (name: string) => fleet.hosts.some(host => host.name === name)
