import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Problem } from '../problem.ts'
import { Counters } from './counters.ts'
import type { LoadOptions } from './options.ts'
import { deal } from './options.ts'
import type { ThreadResult } from './thread.ts'
import type { WorkerData, WorkerMessage } from './worker.ts'

export interface LoadRun {
  readonly results: readonly ThreadResult[]
  /** Seconds of CPU this process used while it ran: more than the elapsed time is more than one core. */
  readonly cpuSeconds: number
}

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
 * `entry` is the bundle, which runs `runLoadWorker` in a worker. SIGINT ends the run early, with its results.
 * @throws {Problem} where a thread cannot connect or is refused
 */
export async function runLoad(options: LoadOptions, entry: URL, onProgress: (progress: Progress) => void): Promise<LoadRun> {
  const counters = Counters.forThreads(options.threads)
  const workers = deal(options.threads, Math.min(options.threads, availableParallelism())).map(threads => {
    const workerData: WorkerData = { options, threads, shared: counters.shared }
    return new Worker(entry, { workerData, resourceLimits: { maxYoungGenerationSizeMb: youngGeneration } })
  })
  const interrupt = (): void => counters.stop()
  process.once('SIGINT', interrupt)
  let timer: NodeJS.Timeout | undefined
  try {
    const results = Promise.all(workers.map(worker => answer(worker, 'done')))
    // Looked at below; a worker that fails before must not count as an unhandled rejection.
    results.catch(() => {})
    await Promise.all(workers.map(worker => answer(worker, 'ready')))
    const cpu = process.cpuUsage()
    const began = performance.now()
    for (const worker of workers) worker.postMessage('start')
    timer = setInterval(() => onProgress({ seconds: (performance.now() - began) / 1000, ...counters.totals() }), 1000)
    const messages = await results
    const { user, system } = process.cpuUsage(cpu)
    return {
      results: messages.flatMap(message => ('results' in message ? message.results : [])).sort((a, b) => a.thread - b.thread),
      cpuSeconds: (user + system) / 1e6,
    }
  } finally {
    clearInterval(timer)
    process.removeListener('SIGINT', interrupt)
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
