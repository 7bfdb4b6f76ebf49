import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failed } from '../errors.ts'
import { lastWords, saidLines } from '../last-words.ts'
import { takeLock } from '../run/lock.ts'
import type { Session } from '../ssh/session.ts'
import { quote } from '../shell.ts'
import type { BackupContext, Keeper } from './context.ts'
import type { Restoring } from './part.ts'
import type { BackupSet } from './set.ts'

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
const marksOf = (set: BackupSet, { keeper }: RestorePlan) => `${folder}/${set.id}/${keeper.role.name}`
/** Among a host's marks: every step of every host was done. */
const over = 'over'

/**
 * Puts a backup back, host after host. What was done is noted on each Pi until all of it is: a run that was cut off goes on where it was,
 * and one after the end begins anew.
 */
export async function restoreSet(context: BackupContext, set: BackupSet, plans: readonly RestorePlan[]): Promise<void> {
  await forgetsEnded(context, set, plans)
  for (const plan of plans) await restoreHost(context, set, plan)
  // First everywhere that it is over, then the marks go: cut in between, no host's old marks count for the next run.
  await onEachPlan(context, plans, async (session, plan) => {
    const marks = marksOf(set, plan)
    const { code, stderr } = await session.run(`mkdir -p ${marks} && : >${marks}/${over} && sync ${folder}`, { timeout: 60 })
    // All is back, and this host would not know it: its marks stay with those of the others.
    if (code !== 0) throw new Failed({ message: `${plan.keeper.host.name}: it cannot be noted that all is back: ${stderr.trim()}` })
  })
  await onEachPlan(context, plans, (session, plan) => session.run(forgets(set, plan), { timeout: 60 }))
}

/** Takes the marks away, the one that says that all is over last. */
const forgets = (set: BackupSet, plan: RestorePlan) => {
  const marks = marksOf(set, plan)
  return `[ ! -d ${marks} ] || find ${marks} -type f ! -name ${over} -delete; rm -f ${marks}/${over}
rmdir ${marks} ${folder}/${set.id} ${folder} 2>/dev/null; true`
}

/** Marks of a run that had done all, and was cut before it could take them away, count no more. */
async function forgetsEnded(context: BackupContext, set: BackupSet, plans: readonly RestorePlan[]): Promise<void> {
  const ended: boolean[] = []
  const all: boolean[] = []
  await onEachPlan(context, plans, async (session, plan) => {
    const { stdout } = await session.run(`ls ${marksOf(set, plan)} 2>/dev/null; true`, { timeout: 60 })
    const marks = new Set(stdout.split('\n'))
    ended.push(marks.has(over))
    all.push(plan.steps.every(step => marks.has(nameOf(step))))
  })
  if (ended.includes(true) || all.every(Boolean))
    await onEachPlan(context, plans, (session, plan) => session.run(forgets(set, plan), { timeout: 60 }))
}

/** Does something on each host, and holds it meanwhile: another run may be at work there, and count on its own marks. */
async function onEachPlan(
  context: BackupContext,
  plans: readonly RestorePlan[],
  does: (session: Session, plan: RestorePlan) => Promise<unknown>,
): Promise<void> {
  for (const plan of plans) {
    const session = await context.open(plan.keeper.host)
    try {
      await takeLock(session, { owner: context.owner, work: 'restore' }, () => {})
      await does(session, plan)
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
      const mark = `${marksOf(set, { keeper, steps })}/${nameOf(step)}`
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
          output: saidLines(stderr).slice(-5),
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
