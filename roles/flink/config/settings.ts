import { stringify } from 'yaml'
import { jobManagerKeys, settings, taskManagerKeys } from '../memory/keys.ts'
import type { StateBackend } from '../memory/place.ts'
import type { FlinkPlan } from '../memory/plan.ts'
import type { FlinkVars } from '../vars.ts'
import { checkpointFolder, savepointFolder, temporaryFolder, type Process } from './paths.ts'
import { storePassword, stores } from './start.ts'

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
  /** The JMX exporter of each process, for Prometheus. */
  readonly metrics: Readonly<Record<Process, number>>
}

export const defaultPorts: Ports = {
  jobManager: 6123,
  blob: 6124,
  pages: 8081,
  taskManager: 6122,
  data: 6121,
  query: { jobmanager: 6125, taskmanager: 6126 },
  metrics: { jobmanager: 9407, taskmanager: 9408 },
}

/** What a job gets that says nothing else. Times in seconds. */
export interface JobDefaults {
  readonly checkpointInterval: number
  /** Checkpoints that are kept. */
  readonly retained: number
  /** Until a job that failed starts again; twice as long each time, up to `restartDelayMost`. */
  readonly restartDelay: number
  readonly restartDelayMost: number
}

export interface Node {
  /** What the JobManager knows a TaskManager by, also when it starts again. */
  readonly name: string
  /** Of this Pi. */
  readonly address: string
  /** Of the Pi with the JobManager. */
  readonly jobManager: string
  readonly ports: Ports
  readonly backend: StateBackend
  readonly plan: FlinkPlan
  readonly jobs: JobDefaults
}

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
      ...tls(process),
      // To Java's own table of figures, which the exporter reads; no port is opened for it.
      'metrics.reporters': 'jmx',
      'metrics.reporter.jmx.factory.class': 'org.apache.flink.metrics.jmx.JMXReporterFactory',
      'metrics.job.status.enable': 'STATE',
      'io.tmp.dirs': temporaryFolder(process),
      ...(process === 'jobmanager' ? ofJobManager(node) : ofTaskManager(node)),
      ...jobs(node),
      ...small,
    },
    { lineWidth: 0 },
  )}`
}

/** Who speaks to a process shows a certificate of the CA that only they have; 1.3 is what both of Debian's Javas speak. */
function tls(process: Process): Readonly<Record<string, string | number | boolean>> {
  const { own, trusted } = stores(process)
  return {
    'security.ssl.internal.enabled': true,
    'security.ssl.internal.keystore': own,
    'security.ssl.internal.keystore-password': storePassword,
    'security.ssl.internal.key-password': storePassword,
    'security.ssl.internal.truststore': trusted,
    'security.ssl.internal.truststore-password': storePassword,
    'security.ssl.protocol': 'TLSv1.3',
    'security.ssl.algorithms': 'TLS_AES_128_GCM_SHA256',
  }
}

function ofJobManager({ address, plan }: Node): Readonly<Record<string, string | number | boolean>> {
  return {
    'jobmanager.bind-host': address,
    ...(plan.jobManager ? settings(plan.jobManager.options, jobManagerKeys) : {}),
    // Once this time (ms) is over a job without a slot fails at once, again and again; one whose TaskManager made way waits for it. A JobManager
    // ends at its start where it is more than the 248 days that its scheduler can count.
    ...(plan.inTurn && { 'resourcemanager.standalone.start-up-time': 200 * 86_400_000 }),
    'web.submit.enable': false,
    // Finished jobs are kept for the pages; 50 MB of the heap by default.
    'jobstore.cache-size': 2 ** 21,
    'jobstore.max-capacity': 20,
    'web.history': 3,
  }
}

function ofTaskManager({ name, address, ports, plan }: Node): Readonly<Record<string, string | number | boolean>> {
  return {
    'taskmanager.resource-id': name,
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

/**
 * Checkpoints of which one is on the card with all its state. Flink does not bring that there itself: the kernel does, within half a minute, or 90
 * seconds where the card is spared, and a file that was not there yet is empty after a power cut.
 */
const keptFor = (interval: number): number => Math.ceil(90 / interval) + 1

/** Checkpoints of a job that stay at a time. */
export const keptOf = ({ checkpointInterval, retained }: Pick<FlinkVars, 'checkpointInterval' | 'retained'>): number =>
  Math.max(retained, keptFor(checkpointInterval))

/** What a job gets that says nothing else. Checkpoints stay when it ends: without high availability they are all that is left of it. */
function jobs({
  backend,
  jobs: { checkpointInterval, retained, restartDelay, restartDelayMost },
}: Node): Readonly<Record<string, string | number | boolean>> {
  return {
    'parallelism.default': 1,
    'state.backend.type': backend,
    ...(backend === 'rocksdb' ? { 'execution.checkpointing.incremental': true } : {}),
    'execution.checkpointing.interval': `${checkpointInterval}s`,
    'execution.checkpointing.min-pause': '10s',
    'execution.checkpointing.timeout': '5min',
    'execution.checkpointing.dir': `file://${checkpointFolder}`,
    'execution.checkpointing.savepoint-dir': `file://${savepointFolder}`,
    'execution.checkpointing.num-retained': keptOf({ checkpointInterval, retained }),
    'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
    'restart-strategy.type': 'exponential-delay',
    'restart-strategy.exponential-delay.initial-backoff': `${restartDelay}s`,
    'restart-strategy.exponential-delay.max-backoff': `${restartDelayMost}s`,
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
