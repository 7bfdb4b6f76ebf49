import { stringify } from 'yaml'
import { jobManagerKeys, settings, taskManagerKeys } from '../memory/keys.ts'
import type { StateBackend } from '../memory/place.ts'
import type { FlinkPlan } from '../memory/plan.ts'
import { scratchFolder, stateFolder, type Process } from './paths.ts'

/** Where the processes listen; none is left to chance. */
export interface Ports {
  /** JobManager: what TaskManagers speak to it on. */
  readonly jobManager: number
  /** JobManager: jars of jobs. */
  readonly blob: number
  /** JobManager: its pages and REST, on this Pi's loopback only. */
  readonly pages: number
  readonly taskManager: number
  /** TaskManager: what records go between TaskManagers on. */
  readonly data: number
  /** What the pages ask metrics on, of each process. */
  readonly query: Readonly<Record<Process, number>>
  /** Prometheus' reporter, of each process. */
  readonly metrics: Readonly<Record<Process, number>>
}

export const defaultPorts: Ports = {
  jobManager: 6123,
  blob: 6124,
  pages: 8081,
  taskManager: 6122,
  data: 6121,
  query: { jobmanager: 6125, taskmanager: 6126 },
  metrics: { jobmanager: 9406, taskmanager: 9407 },
}

export interface Node {
  /** Of this Pi. */
  readonly address: string
  /** Of the Pi with the JobManager. */
  readonly jobManager: string
  readonly ports: Ports
  readonly backend: StateBackend
  readonly plan: FlinkPlan
}

const prometheus = 'org.apache.flink.metrics.prometheus.PrometheusReporterFactory'

/** config.yaml of one process. */
export function configYaml(node: Node, process: Process): string {
  return `# Written by provision for this Pi's memory.\n${stringify(
    {
      'jobmanager.rpc.address': node.jobManager,
      'jobmanager.rpc.port': node.ports.jobManager,
      'blob.server.port': node.ports.blob,
      'rest.address': '127.0.0.1',
      'rest.bind-address': '127.0.0.1',
      'rest.port': node.ports.pages,
      'rest.bind-port': node.ports.pages,
      'metrics.internal.query-service.port': node.ports.query[process],
      'metrics.reporters': 'prom',
      'metrics.reporter.prom.factory.class': prometheus,
      // As a string: a number is not heard, and both processes would want 9249.
      'metrics.reporter.prom.port': String(node.ports.metrics[process]),
      'io.tmp.dirs': scratchFolder(process),
      ...(process === 'jobmanager' ? ofJobManager(node) : ofTaskManager(node)),
      ...jobs(node.backend),
      ...small,
    },
    { lineWidth: 0 },
  )}`
}

function ofJobManager({ address, plan }: Node): Readonly<Record<string, string | number | boolean>> {
  return {
    'jobmanager.bind-host': address,
    ...(plan.jobManager ? settings(plan.jobManager.options, jobManagerKeys) : {}),
    'web.submit.enable': false,
    // Finished jobs are kept for the pages; 50 MB of the heap by default.
    'jobstore.cache-size': 2 ** 21,
    'jobstore.max-capacity': 20,
    'web.history': 3,
  }
}

function ofTaskManager({ address, ports, plan }: Node): Readonly<Record<string, string | number | boolean>> {
  return {
    'taskmanager.host': address,
    'taskmanager.bind-host': address,
    'taskmanager.rpc.port': ports.taskManager,
    'taskmanager.data.port': ports.data,
    ...(plan.taskManager ? settings(plan.taskManager.options, taskManagerKeys) : {}),
    // Below the framework's off-heap memory, which it is a part of.
    'taskmanager.memory.framework.off-heap.batch-shuffle.size': '4mb',
    'taskmanager.network.netty.num-arenas': 1,
    'taskmanager.network.netty.server.numThreads': 1,
    'taskmanager.network.netty.client.numThreads': 1,
  }
}

/** What a job gets that says nothing else. Checkpoints stay when it ends: without high availability they are all that is left of it. */
function jobs(backend: StateBackend): Readonly<Record<string, string | number | boolean>> {
  return {
    'parallelism.default': 1,
    'state.backend.type': backend,
    ...(backend === 'rocksdb' ? { 'execution.checkpointing.incremental': true } : {}),
    'execution.checkpointing.interval': '30s',
    'execution.checkpointing.min-pause': '10s',
    'execution.checkpointing.timeout': '5min',
    'execution.checkpointing.dir': `file://${stateFolder}/checkpoints`,
    'execution.checkpointing.savepoint-dir': `file://${stateFolder}/savepoints`,
    'execution.checkpointing.num-retained': 3,
    'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
    'restart-strategy.type': 'exponential-delay',
    'restart-strategy.exponential-delay.initial-backoff': '1s',
    'restart-strategy.exponential-delay.max-backoff': '2min',
    'restart-strategy.exponential-delay.reset-backoff-threshold': '10min',
  }
}

/** Threads and buffers for a small machine. */
const small: Readonly<Record<string, string | number>> = {
  'pekko.fork-join-executor.parallelism-min': 2,
  'pekko.fork-join-executor.parallelism-max': 4,
  'cluster.io-pool.size': 4,
  'jobmanager.future-pool.size': 4,
  'jobmanager.io-pool.size': 4,
  'rest.server.numThreads': 2,
}
