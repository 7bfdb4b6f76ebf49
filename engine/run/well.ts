import { Failed } from '../errors.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import { words } from '../shell.ts'
import type { Session } from '../ssh/session.ts'
import { TimedOut } from '../ssh/errors.ts'
import { askedOf, nowScript, readStatus, unitName, type Asked, type RoleStatus } from '../status.ts'
import type { ResolvedRole } from './resolve.ts'

/** Seconds a role may take to be well where it does not say. */
const longest = 60
/** Seconds in which a unit must not have ended where the role knows no better sign: a program that cannot work needs some to end. */
const steady = 3

/** What looking at a role takes. */
export interface WellContext {
  readonly host: Host
  readonly fleet: Fleet
  readonly session: Session
  say(text: string): void
  readonly stop?: AbortSignal
}

/**
 * Waits until the status of a role is ok. A role that asks nothing but its units is looked at twice, for a unit that was only just started
 * runs. Throws `Failed` with what is wrong and the last lines of its units, when its time is over.
 */
export async function untilWell({ role, vars }: ResolvedRole, { host, fleet, session, say, stop }: WellContext): Promise<void> {
  const [asked] = askedOf(
    { host, fleet },
    [role],
    () => vars,
    () => 0,
  )
  if (!asked) return
  const end = Date.now() + (asked.question.within ?? longest) * 1000
  const pause = (seconds: number) => new Promise(done => setTimeout(done, seconds * 1000))
  for (;;) {
    const status = await now(asked, session)
    if (status.ok && (asked.question.ask !== undefined || (await staysSo(asked, session, status)))) {
      for (const line of status.warns) say(`${role.name}: ${line}`)
      return
    }
    if (Date.now() > end) throw await failure(asked, status, host, session)
    await pause(1)
    stop?.throwIfAborted()
  }
}

async function now(asked: Asked, session: Session): Promise<RoleStatus> {
  try {
    const [status] = readStatus([asked], (await session.run(nowScript([asked]), { timeout: 60 })).stdout)
    if (status) return status
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
  }
  return { role: asked.role.name, ok: false, wrong: ['it does not answer in time'], warns: [], says: [], planned: 0 }
}

async function staysSo(asked: Asked, session: Session, before: RoleStatus): Promise<boolean> {
  await new Promise(done => setTimeout(done, steady * 1000))
  const after = await now(asked, session)
  return after.ok && after.since === before.since && after.says.join() === before.says.join()
}

async function failure({ role, question }: Asked, { wrong }: RoleStatus, host: Host, session: Session): Promise<Failed> {
  const units = question.units.map(unitName)
  const journal = units.length
    ? (await session.run(`journalctl -n 10 --no-pager -o cat ${words(units.flatMap(unit => ['-u', unit]))} 2>/dev/null`, { timeout: 30 }))
        .stdout
    : ''
  return new Failed({
    message: `role ${role.name} was set up but does not do its work: ${wrong.join('; ') || 'it does not stay up'}`,
    role: role.name,
    output: journal.trim().split('\n').filter(Boolean).slice(-10),
    hint: `mend what it names; \`journalctl -b -n 50${units.map(unit => ` -u ${unit}`).join('')}\` on ${host.name} says more`,
  })
}
