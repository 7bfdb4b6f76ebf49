import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failed } from '../errors.ts'
import { takeLock } from '../run/lock.ts'
import { quote } from '../shell.ts'
import type { BackupContext, Keeper } from './context.ts'
import type { Restoring } from './part.ts'
import type { BackupSet } from './set.ts'
import { lastWords } from './take.ts'

/** One host's part of putting a backup back. */
export interface RestorePlan {
  readonly keeper: Keeper
  readonly steps: readonly Restoring[]
}

/** What would be done, by host: what each role says for today's fleet. */
export function restorePlans(set: BackupSet, keepers: readonly Keeper[]): readonly RestorePlan[] {
  return keepers.map(keeper => ({
    keeper,
    steps: keeper.backup.restores(
      keeper.of,
      set.pieces.filter(({ role }) => role === keeper.role.name),
    ),
  }))
}

const folder = '/var/lib/provision/restoring'

/**
 * Puts a backup back, host after host. What was done is noted on each Pi until all of it is: a run that was cut off goes on where it was,
 * and one after the end begins anew.
 */
export async function restoreSet(context: BackupContext, set: BackupSet, plans: readonly RestorePlan[]): Promise<void> {
  for (const plan of plans) await restoreHost(context, set, plan)
  for (const { keeper } of plans) {
    const session = await context.open(keeper.host)
    try {
      // Another run may be at work there by now, and count on its own marks.
      await takeLock(session, { owner: context.owner, work: 'restore' }, () => {})
      await session.run(`rm -rf ${folder}/${set.id}/${keeper.role.name}; rmdir ${folder}/${set.id} ${folder} 2>/dev/null; true`, {
        timeout: 60,
      })
    } finally {
      await session.close()
    }
  }
}

async function restoreHost(context: BackupContext, set: BackupSet, { keeper, steps }: RestorePlan): Promise<void> {
  const { depot, on } = context
  const { host, role } = keeper
  const session = await context.open(host)
  try {
    await takeLock(session, { owner: context.owner, work: 'restore' }, () => {})
    for (const step of steps) {
      if (context.stop?.aborted) throw new Failed({ message: 'stopped', hint: 'run it again: it goes on where it was' })
      const mark = `${folder}/${set.id}/${role.name}/${nameOf(step)}`
      const said = { host: host.name, role: role.name, part: step.piece ? `${step.piece.host} ${step.piece.name}` : '–' }
      if ((await session.run(`[ -e ${mark} ]`, { timeout: 60 })).code === 0) continue
      on({ event: 'part', ...said, does: step.does })
      const begun = Date.now()
      const stored = step.piece && set.pieces.find(({ host: of, role: by, name }) => isPiece(step, of, by, name))
      const { code, stderr } = stored
        ? await session.pipe(step.run, { input: await content(depot, set.id, stored.file) })
        : await session.pipe(step.run, {})
      if (code !== 0)
        throw new Failed({
          host: host.name,
          role: role.name,
          message: `${host.name}: ${step.does}: ${lastWords(stderr) || `exit code ${code}`}`,
          output: stderr.trim().split('\n').slice(-5),
          hint: 'mend the cause and run it again: it goes on where it was',
        })
      await session.run(`mkdir -p ${quote(mark.slice(0, mark.lastIndexOf('/')))} && : >${mark} && sync ${mark}`, { timeout: 60 })
      on({ event: 'done', ...said, bytes: stored?.bytes ?? 0, figures: stored?.figures ?? {}, seconds: (Date.now() - begun) / 1000 })
    }
  } finally {
    await session.close()
  }
}

const isPiece = ({ piece }: Restoring, host: string, role: string, name: string) =>
  piece?.host === host && piece.role === role && piece.name === name

/** A step by all it is: another one of today's code is another. */
const nameOf = ({ piece, does, run }: Restoring) =>
  createHash('sha256')
    .update(JSON.stringify([piece?.host, piece?.name, does, run]))
    .digest('hex')
    .slice(0, 24)

async function content(depot: BackupContext['depot'], id: string, file: string) {
  const through = new PassThrough()
  pipeline(await depot.opened(await depot.stored(id, file)), through).catch(() => {})
  return through
}
