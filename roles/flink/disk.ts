import type { DiskPart } from '../../engine/disk.ts'
import { checkpointFolder, logFolder, scratchFolder } from './config/paths.ts'
import { processesOf, submits } from './members.ts'
import { planFor, type Pi } from './place.ts'
import type { FlinkVars } from './vars.ts'

const MiB = 2 ** 20

/** What the role takes of the card. A folder that all Pis share is on none of them. */
export function flinkDisk(pi: Pi & { readonly vars: Pick<FlinkVars, 'shared' | 'checkpoints'> }): Readonly<Record<string, DiskPart>> {
  const { vars } = pi
  const plan = planFor({ ...pi, beside: 0 })
  const heaps = 'refused' in plan ? 0 : Number((plan.jobManager?.memory.heap ?? 0n) + (plan.taskManager?.memory.heap ?? 0n))
  return {
    // Jars 141 MiB, 182 with RocksDB, and for a moment as much packed; Java 214, as apt says (bookworm).
    'Flink and Java': { now: (vars.state === 'rocksdb' ? 580 : 500) * MiB },
    // Debian's Node.js, and the planner of SQL, which is unpacked for each submission.
    ...(submits(vars) && { 'Node.js and what submits jobs': { now: 150 * MiB } }),
    'logs of garbage collection': { at: logFolder, now: 2 * processesOf(vars).length * MiB },
    'heap dumps': { at: scratchFolder('taskmanager'), now: heaps },
    ...(vars.shared ? {} : { 'checkpoints and savepoints': { at: checkpointFolder, now: vars.checkpoints * MiB } }),
  }
}
