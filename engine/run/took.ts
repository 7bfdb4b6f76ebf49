import { fullDisks } from '../disk.ts'
import { Failed } from '../errors.ts'
import { disksScript } from '../facts.ts'
import type { PlanItem } from '../plan/plan.ts'
import { size } from '../size.ts'
import type { Session } from '../ssh/session.ts'
import { fullDisk } from './hints.ts'

/**
 * Asked again after the changes: what still differs did not take, and saying "done" would be a lie. Throws `Failed` where there is such.
 */
export async function complain(left: readonly PlanItem[], session: Pick<Session, 'run'>): Promise<void> {
  const [first] = left
  if (!first) return
  const full = fullDisks((await session.run(disksScript, { timeout: 60 })).stdout)
  const what = left.map(item => `${item.name} (${item.changes.map(change => change.does).join('; ')})`).join(', ')
  throw new Failed({
    message: `the changes ran, but ${left.length === 1 ? 'one resource' : `${left.length} resources`} did not take: ${what}`,
    role: first.role,
    resource: first.name,
    ...(full.length > 0 && { output: full.map(({ mount, free }) => `${mount} has ${size(free)} free`) }),
    hint: full.length > 0 ? fullDisk : 'something on the Pi changes it back, or the service stops by itself: see `journalctl -b` there',
  })
}
