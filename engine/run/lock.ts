import { hostname, userInfo } from 'node:os'
import type { Session } from '../ssh/session.ts'
import { holderText } from '../ssh/worker.ts'
import { Failed } from '../errors.ts'

const pause = (seconds: number) => new Promise(done => setTimeout(done, seconds * 1000))

/** Who this process is to others that find a host locked; `command` where it is not the usual one. */
export function thisRun(command?: string): string {
  const what = `${command === undefined ? '' : `${command}, `}process ${process.pid}`
  return `${userInfo().username}@${hostname()} (${what}, since ${new Date().toISOString()})`
}

/** A host that another live run holds. */
export class Locked extends Failed {
  override readonly name = 'Locked'
  readonly owner: string
  constructor(owner: string, hint: string) {
    super({ code: 'locked', message: `it is locked: ${owner} is at work there`, hint })
    this.owner = owner
  }
}

/** Who holds a host, without taking it; none where it is free. */
export async function holderOf(session: Session): Promise<string | undefined> {
  const { stdout } = await session.run(holderText, { timeout: 30 })
  return stdout.trim() || undefined
}

/** Who takes a host, and for which of his works, in one word: a session ends none but the one before it for the same work. */
export interface Holder {
  readonly owner: string
  readonly work: string
}

/**
 * Takes the host. Another live run that holds it is an error that names it; the last step of a run that was cut off, and another session of
 * the same run, are waited for, for `patience` seconds at most. True: it was free at once.
 */
export async function takeLock(
  session: Session,
  { owner, work }: Holder,
  waiting: (what: string) => void,
  patience = 900,
): Promise<boolean> {
  const until = Date.now() + patience * 1000
  for (let first = true; ; first = false) {
    const lock = await session.lock(owner, work)
    if (lock.held) return first
    // Another session of this very run ends soon.
    const own = lock.owner === owner
    if (!(lock.orphaned || own) || Date.now() > until)
      throw new Locked(
        lock.owner,
        lock.orphaned
          ? 'a step of a run that was cut off does not end: look on the Pi with `fuser -v /run/provision/lock /run/provision/piped`'
          : 'wait for that run to end (one run a host at a time), or stop it; the lock ends with it',
      )
    if (first && !own) waiting('the last step of a run that was cut off')
    await pause(1)
  }
}
