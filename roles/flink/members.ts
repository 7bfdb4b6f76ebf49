import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { processes, type Process } from './config/paths.ts'
import { flinkVars, type FlinkVars } from './vars.ts'

/** A host of the fleet with Flink. */
export interface Member {
  readonly host: Host
  readonly vars: FlinkVars
}

/** Hosts of the fleet with Flink, in the inventory's order. Whether they can be one cluster tells `refuseCluster`. */
export function members(fleet: Fleet): readonly Member[] {
  return fleet.hosts.filter(({ roles }) => roles.includes('flink')).map(host => ({ host, vars: flinkVars.parse(host.vars['flink'] ?? {}) }))
}

/** Does this process run there? */
export const runs = ({ processes: which }: Pick<FlinkVars, 'processes'>, process: Process): boolean => which === 'both' || which === process

/** The processes that run there, the JobManager first. */
export const processesOf = (vars: Pick<FlinkVars, 'processes'>): readonly Process[] => processes.filter(process => runs(vars, process))

/** Is this the Pi that submits jobs, and are there any? */
export const submits = (vars: Pick<FlinkVars, 'processes' | 'jobs'>): boolean => runs(vars, 'jobmanager') && vars.jobs.length > 0

/** Those that run a process. */
export const withProcess = (all: readonly Member[], process: Process): readonly Member[] => all.filter(({ vars }) => runs(vars, process))

/** The one with the JobManager. @throws Error where there is none, which `refuseCluster` sees before */
export function jobManagerOf(all: readonly Member[]): Member {
  const [first] = withProcess(all, 'jobmanager')
  if (!first) throw new Error('no JobManager in this fleet')
  return first
}
