import { parseFacts } from '../facts.ts'
import type { Host } from '../inventory/types.ts'
import { question } from '../plan/observe.ts'
import { plan, type Plan } from '../plan/plan.ts'
import type { AnyResource } from '../resources/kind.ts'
import type { AnyRole } from '../role.ts'
import type { Session } from '../ssh/session.ts'
import { clusterObserved } from './clusters.ts'
import { clusterWanted, varsOf } from './resolve.ts'
import type { Run } from './run.ts'

/**
 * What belongs to a role's cluster, as a question to one of its hosts that may be asked as often as need be. `marks` are those of other
 * hosts; `before`: what was changed by this run already.
 */
export async function asksCluster(
  role: AnyRole,
  host: Host,
  run: Run,
  session: Session,
): Promise<(marks?: ReadonlySet<string>, before?: ReadonlySet<AnyResource>) => Promise<{ readonly todo: Plan }>> {
  const vars = varsOf(role, host)
  const facts = parseFacts(session.facts)
  const prepared = await run.prepared(role, vars, role.variant?.({ host, facts, vars }))
  const wanted = clusterWanted({ role, vars, prepared }, { host, facts, ...run })
  const asked = question(wanted)
  return async (marks = new Set(), before = new Set()) => {
    const answer = asked.read((await session.run(asked.script, { timeout: 300 })).stdout)
    return { todo: plan(wanted, clusterObserved(role, wanted, answer, new Set([...answer.marks, ...marks])), before) }
  }
}
