import type { Facts } from '../../engine/facts.ts'
import { findModel } from '../../engine/inventory/models.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { Place } from './memory/place.ts'
import { flinkPlan, promised, type FlinkPlan, type RefusedPlan } from './memory/plan.ts'
import { submissionMost } from './jobs/place.ts'
import { submits } from './members.ts'
import type { FlinkVars } from './vars.ts'

const MiB = 2 ** 20

/** What is looked at of a Pi. */
export interface Pi {
  readonly host: Pick<Host, 'model'>
  readonly facts: Pick<Facts, 'memory' | 'cores' | 'architecture'>
  readonly vars: Pick<FlinkVars, 'processes' | 'slots' | 'state' | 'jobs'>
  /** Bytes that other roles hold there. */
  readonly beside?: number
}

/** Slots of a Pi that says nothing of them: one for each 10 of its model's computing weight, at least one, and no more than it has cores. */
export function slotsByWeight({ host, facts }: Pick<Pi, 'host'> & { readonly facts: Pick<Facts, 'cores'> }): number {
  const weight = findModel(host.model ?? '')?.cpu ?? 10
  return Math.max(1, Math.min(facts.cores, Math.round(weight / 10)))
}

/** Of the JVM of a userland. */
export const bitsOf = ({ architecture }: Pick<Facts, 'architecture'>): Place['bits'] => (architecture === 'armhf' ? 32 : 64)

/**
 * Bytes that a submission takes beside both processes. It is over in a minute, and it comes when nobody looks: after each end of the JobManager.
 * So it is kept free all the time.
 */
const momentOf = (vars: Pick<FlinkVars, 'processes' | 'jobs'>): number => (submits(vars) ? submissionMost * MiB : 0)

/** The plan of a Pi's memory, or why there is none. Slots that nobody asked for are given up one by one where memory is short. */
export function planFor({ host, facts, vars, beside = 0 }: Pi): FlinkPlan | RefusedPlan {
  const plan = (slots: number) =>
    flinkPlan({
      ram: facts.memory,
      others: beside,
      moment: momentOf(vars),
      node: vars.processes,
      slots,
      backend: vars.state,
      bits: bitsOf(facts),
    })
  if (vars.slots !== undefined) return plan(vars.slots)
  for (let slots = slotsByWeight({ host, facts }); slots > 1; slots--) {
    const found = plan(slots)
    if (!('refused' in found)) return found
  }
  return plan(1)
}

/** What the role holds in memory at most, by part, in bytes; of a Pi on which it does not fit the least. */
export function flinkUse(pi: Pi): Readonly<Record<string, number>> {
  const plan = planFor(pi)
  if ('refused' in plan) return { 'Flink, at the least': Math.max(plan.least, MiB) }
  const { jobManager, taskManager } = plan
  const moment = momentOf(pi.vars)
  return {
    ...(jobManager && { JobManager: promised({ jobManager }) }),
    ...(taskManager && { TaskManager: promised({ taskManager }) }),
    ...(moment > 0 && { 'submission of a job, for a moment': moment }),
  }
}
