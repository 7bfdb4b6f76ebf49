import { setTimeout as pause } from 'node:timers/promises'
import type { Host } from '../inventory/types.ts'
import type { ReadyQuestion } from '../role.ts'
import { TimedOut } from '../ssh/errors.ts'
import type { Session } from '../ssh/session.ts'
import { Failed } from '../errors.ts'

/** Seconds that a role may take to be ready where it does not say. */
const longest = 600
/** Seconds that one question may take. */
const oneQuestion = 60

/**
 * Waits until a role says that a turn may begin on its Pi: exit 0, and nothing else, says so. `waiting` is told why it may not yet, each reason once.
 * Throws `Failed` with what it said last, when its time is over.
 */
export async function untilReady(
  role: string,
  { ask, within = longest }: ReadyQuestion,
  {
    host,
    session,
    waiting,
    stop,
  }: { readonly host: Host; readonly session: Session; waiting(why: string): void; readonly stop?: AbortSignal },
): Promise<void> {
  const end = Date.now() + within * 1000
  for (let told = ''; ; ) {
    const said = await answer(session, ask)
    if (said === undefined) return
    const why = said.at(0) ?? 'it does not say why'
    if (why !== told) waiting((told = why))
    if (Date.now() >= end)
      throw new Failed({
        message: `not begun: ${role} of ${host.name} is not ready for it after ${within} s: ${why}`,
        role,
        output: said.slice(-10),
        hint: 'it would take something down that others need: mend what it names, then run the same command again',
      })
    await pause(Math.min(2000, Math.max(0, end - Date.now())), undefined, { ...(stop && { signal: stop }) }).catch(() => {})
    stop?.throwIfAborted()
  }
}

/** What a role says against it; undefined: it is ready. */
async function answer(session: Session, ask: string): Promise<readonly string[] | undefined> {
  try {
    const { code, stdout, stderr } = await session.run(`(${ask}\n) </dev/null`, { timeout: oneQuestion })
    return code === 0 ? undefined : `${stdout}\n${stderr}`.trim().split('\n').filter(Boolean)
  } catch (error) {
    if (error instanceof TimedOut) return [`it does not answer within ${oneQuestion} s`]
    throw error
  }
}
