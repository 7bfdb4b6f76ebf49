import { expect } from 'vitest'
import type { FlinkPlan } from '../../../roles/flink/memory/plan.ts'
import type { FlinkCluster } from './flink-cluster.ts'

const MiB = 2 ** 20

/** MiB that were promised of each process beside what it held at most; fails where that is more. Returns both, to print. */
export function keptPromise(cluster: FlinkCluster, { jobManager, taskManager }: FlinkPlan): string {
  const said = (
    [
      ['jobmanager', jobManager?.memory.process],
      ['taskmanager', taskManager?.memory.process],
    ] as const
  ).map(([process, promised]) => {
    const { most } = cluster.memory(process)
    expect(most, process).toBeLessThanOrEqual(Number(promised) / MiB)
    return `${process} ${Math.round(most)} of ${Number(promised) / MiB}`
  })
  return said.join(', ')
}
