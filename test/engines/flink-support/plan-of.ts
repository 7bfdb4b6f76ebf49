import type { Place } from '../../../roles/flink/memory/place.ts'
import { flinkPlan, type FlinkPlan } from '../../../roles/flink/memory/plan.ts'

const MiB = 2 ** 20

/** The plan for a Pi of so many MiB beside its system alone. @throws Error with the line of what does not fit */
export function planOf(ram: number, place: Partial<Place> = {}): FlinkPlan {
  const plan = flinkPlan({ ram: ram * MiB, others: 96 * MiB, node: 'both', slots: 1, backend: 'hashmap', bits: 64, ...place })
  if ('refused' in plan) throw new Error(plan.refused)
  return plan
}

/** Of two Pis of so many MiB, with a process each. */
export const planApart = (ram: number, place: Partial<Place> = {}): FlinkPlan => ({
  ...planOf(ram, { ...place, node: 'jobmanager' }),
  ...planOf(ram, { ...place, node: 'taskmanager' }),
})
