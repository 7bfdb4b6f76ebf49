import type { PlanItem } from '../plan/plan.ts'
import { Failed } from '../errors.ts'

/** Asked again after the changes: what still differs did not take, and saying "done" would be a lie. Throws `Failed` where there is such. */
export function complain(left: readonly PlanItem[]): void {
  const [first] = left
  if (!first) return
  throw new Failed({
    message: `the changes ran, but ${left.length === 1 ? 'one resource' : `${left.length} resources`} did not take: ${left.map(item => `${item.name} (${item.changes.map(c => c.does).join('; ')})`).join(', ')}`,
    role: first.role,
    resource: first.name,
    hint: 'something on the Pi changes it back, or the service stops by itself: see `journalctl -b` there',
  })
}
