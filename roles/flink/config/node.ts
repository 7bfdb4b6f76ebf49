import { jobManagerOf, type Member } from '../members.ts'
import type { FlinkPlan } from '../memory/plan.ts'
import type { FlinkVars } from '../vars.ts'
import type { Node, Ports } from './settings.ts'

/** Ports of a Pi: its own, and of the JobManager those that the Pi with it has. */
function portsOf(own: FlinkVars, jobManager: FlinkVars): Ports {
  return {
    jobManager: jobManager.rpcPort,
    blob: jobManager.blobPort,
    pages: jobManager.pagesPort,
    taskManager: own.taskPort,
    data: own.dataPort,
    query: { jobmanager: own.jobQueryPort, taskmanager: own.taskQueryPort },
    metrics: { jobmanager: own.metricsPort, taskmanager: own.taskMetricsPort },
  }
}

/** What the settings of a host's processes are made of. @throws Error where the host has no Flink, which is a defect */
export function nodeOf(name: string, all: readonly Member[], plan: FlinkPlan): Node {
  const own = all.find(({ host }) => host.name === name)
  if (!own) throw new Error(`${name} has no Flink in this fleet`)
  const leading = jobManagerOf(all)
  return {
    name,
    address: own.host.address,
    jobManager: leading.host.address,
    ports: portsOf(own.vars, leading.vars),
    backend: own.vars.state,
    plan,
    jobs: own.vars,
  }
}
