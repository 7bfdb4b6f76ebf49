import { setTimeout as pause } from 'node:timers/promises'
import { tell } from '../../../cli/output.ts'
import { Failed } from '../../../engine/errors.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import { asksMark, judge, readCard, takesCard, type Journal } from '../../../engine/replace/index.ts'
import { takeLock, thisRun } from '../../../engine/run/lock.ts'
import { Unreachable } from '../../../engine/ssh/errors.ts'
import type { Session } from '../../../engine/ssh/session.ts'
import type { Work } from './work.ts'

/** What answers at the host's address now; undefined: nothing does. @throws Failed where it is no card for this */
export async function cardNow({ open, host }: Work, left: Journal | undefined): Promise<'ours' | 'empty' | undefined> {
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

export async function takeCard(work: Work, journal: Journal, progress: (text: string) => void): Promise<void> {
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
    const { id, began } = journal
    const mark = { id, owner: thisRun('fleet replace'), began, taken: new Date().toISOString() }
    const { code, stderr } = await session.run(takesCard(mark), { timeout: 60 })
    if (code !== 0) throw new Failed({ host: host.name, message: `the card of ${host.name} cannot be written: ${stderr.trim()}` })
  })
}

/** Holds the host for as long as something is done there. */
export async function held<T>({ open, host }: Work, does: (session: Session) => Promise<T>): Promise<T> {
  const session = await open(host)
  try {
    await takeLock(session, { owner: thisRun('fleet replace'), work: 'replace' }, what => tell(`${host.name}: waiting for ${what}`))
    return await does(session)
  } finally {
    await session.close()
  }
}
