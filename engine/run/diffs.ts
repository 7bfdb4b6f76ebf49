import type { Plan } from '../plan/plan.ts'
import type { Session } from '../ssh/session.ts'

/** The same plan with the diffs that its kinds can show. */
export async function withDiffs(todo: Plan, session: Session): Promise<Plan> {
  const items = await Promise.all(
    todo.items.map(async item => {
      const { kind, spec } = item.resource
      if (!kind.detail) return item
      const { stdout } = await session.run(`(${kind.detail.ask(spec)}\n) 2>/dev/null`)
      const [first, ...rest] = item.changes
      return first ? { ...item, changes: [{ ...first, diff: kind.detail.diff(spec, stdout) }, ...rest] } : item
    }),
  )
  return { ...todo, items }
}
