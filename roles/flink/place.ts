import type { Facts } from '../../engine/facts.ts'
import { findModel } from '../../engine/inventory/models.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { Place } from './memory/place.ts'
import { beyond, flinkPlan, promised, type FlinkPlan, type RefusedPlan } from './memory/plan.ts'
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
 * Bytes that a submission takes. It is over in a minute, and it comes when nobody looks: after each end of the JobManager. So it is kept free all
 * the time, or is what the TaskManager leaves when it makes way.
 */
const momentOf = (vars: Pick<FlinkVars, 'processes' | 'jobs'>): number => (submits(vars) ? submissionMost * MiB : 0)

/**
 * The plan of a Pi's memory, or why there is none. Slots that nobody asked for are given up one by one where memory is short. Where a submission
 * has no room beside both processes, the TaskManager makes way for it.
 */
export function planFor({ host, facts, vars, beside = 0 }: Pi): FlinkPlan | RefusedPlan {
  const moment = momentOf(vars)
  const plan = (slots: number, inTurn = false) =>
    flinkPlan({ ram: facts.memory, others: beside, moment, inTurn, node: vars.processes, slots, backend: vars.state, bits: bitsOf(facts) })
  const most = vars.slots ?? slotsByWeight({ host, facts })
  const tried = vars.slots === undefined ? Array.from({ length: most }, (_, given) => most - given) : [most]
  const makesWay = moment > 0 && vars.processes === 'both'
  for (const inTurn of makesWay ? [false, true] : [false])
    for (const slots of tried) {
      const found = plan(slots, inTurn)
      if (!('refused' in found)) return found
    }
  return plan(tried.at(-1) ?? 1, makesWay)
}

/** What the role holds in memory at most, by part, in bytes; of a Pi on which it does not fit the least. */
export function flinkUse(pi: Pi): Readonly<Record<string, number>> {
  const plan = planFor(pi)
  if ('refused' in plan) return { 'Flink, at the least': Math.max(plan.least, MiB) }
  const { jobManager, taskManager } = plan
  const moment = beyond(plan, momentOf(pi.vars))
  return {
    ...(jobManager && { JobManager: promised({ jobManager }) }),
    ...(taskManager && { TaskManager: promised({ taskManager }) }),
    ...(moment > 0 && { 'submission of a job, for a moment': moment }),
  }
}
