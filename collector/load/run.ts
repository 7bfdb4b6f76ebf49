import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Problem } from '../problem.ts'
import { Counters } from './counters.ts'
import type { LoadOptions } from './options.ts'
import { secondOf, type Latest, type LoadSecond } from './second.ts'
import { deal } from './options.ts'
import type { ThreadResult } from './thread.ts'
import type { WorkerData, WorkerMessage } from './worker.ts'

export interface LoadRun {
  readonly results: readonly ThreadResult[]
  /** Seconds of CPU this process used while it ran: more than the elapsed time is more than one core. */
  readonly cpuSeconds: number
}

const endings = ['SIGINT', 'SIGTERM'] as const

export interface Progress {
  readonly seconds: number
  readonly stored: number
  readonly errors: number
}

/**
 * MiB a worker, where Node takes a few: with hundreds of INSERTs under way those that wait would be copied again and again, half of the
 * tool's CPU time.
 */
const youngGeneration = 64

/**
 * Runs a load: threads are spread over a worker a core, all connect, then all start together.
 * `entry` is the bundle, which runs `runLoadWorker` in a worker. SIGINT and SIGTERM end the run early, with its results. `onSecond` hears
 * what was stored since it heard last, where the options ask for that.
 * @throws {Problem} where a thread cannot connect or is refused
 */
export async function runLoad(
  options: LoadOptions,
  entry: URL,
  onProgress: (progress: Progress) => void,
  onSecond: (second: LoadSecond) => void = () => {},
): Promise<LoadRun> {
  const counters = Counters.forThreads(options.threads)
  const workers = deal(options.threads, Math.min(options.threads, availableParallelism())).map(threads => {
    const workerData: WorkerData = { options, threads, shared: counters.shared }
    return new Worker(entry, { workerData, resourceLimits: { maxYoungGenerationSizeMb: youngGeneration } })
  })
  const interrupt = (): void => counters.stop()
  for (const signal of endings) process.once(signal, interrupt)
  let timer: NodeJS.Timeout | undefined
  try {
    const results = Promise.all(workers.map(worker => answer(worker, 'done')))
    // Looked at below; a worker that fails before must not count as an unhandled rejection.
    results.catch(() => {})
    await Promise.all(workers.map(worker => answer(worker, 'ready')))
    const cpu = process.cpuUsage()
    const began = performance.now()
    for (const worker of workers) worker.postMessage('start')
    const latest: Latest[] = []
    for (const worker of workers) worker.on('message', (message: WorkerMessage) => message.is === 'second' && latest.push(message.latest))
    let lastCpu = cpu
    const second = (): void => {
      const now = process.cpuUsage()
      const used = now.user + now.system - lastCpu.user - lastCpu.system
      lastCpu = now
      onSecond(secondOf(latest.splice(0), (performance.now() - began) / 1000, used / 1e6))
    }
    timer = setInterval(() => {
      onProgress({ seconds: (performance.now() - began) / 1000, ...counters.totals() })
      if (options.bySecond) second()
    }, 1000)
    const messages = await results
    if (options.bySecond) second()
    const { user, system } = process.cpuUsage(cpu)
    return {
      results: messages.flatMap(message => ('results' in message ? message.results : [])).sort((a, b) => a.thread - b.thread),
      cpuSeconds: (user + system) / 1e6,
    }
  } finally {
    clearInterval(timer)
    for (const signal of endings) process.removeListener(signal, interrupt)
    await Promise.all(workers.map(worker => worker.terminate()))
  }
}

function answer(worker: Worker, wanted: WorkerMessage['is']): Promise<WorkerMessage> {
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('message', (message: WorkerMessage) => {
      if (message.is === wanted) resolve(message)
      if (message.is === 'problem') reject(new Problem(message.message, message.remedy))
    })
  })
}
