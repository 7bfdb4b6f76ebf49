import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { openBackend, type Kinds } from '../backends/kind.ts'
import { Problem, sentence } from '../problem.ts'
import { readSensor } from '../sensor.ts'
import { Counters } from './counters.ts'
import type { LoadOptions } from './options.ts'
import { Recent, type Latest } from './second.ts'
import { loadThread } from './thread.ts'
import type { ThreadResult } from './thread.ts'

export interface WorkerData {
  readonly options: LoadOptions
  readonly threads: readonly number[]
  readonly shared: SharedArrayBuffer
}

export type WorkerMessage =
  | { readonly is: 'ready' }
  | { readonly is: 'second'; readonly latest: Latest }
  | { readonly is: 'done'; readonly results: readonly ThreadResult[] }
  | { readonly is: 'problem'; readonly message: string; readonly remedy: string }

/** What the bundle does when it is started as a worker: connects its threads, says ready, waits for the start, runs them, reports. */
export async function runLoadWorker(kinds: Kinds): Promise<void> {
  const port = parentPort
  if (!port) throw new Error('not a worker')
  const { options, threads, shared } = workerData as WorkerData
  const counters = new Counters(shared)
  const say = (message: WorkerMessage): void => port.postMessage(message)
  const recent = options.bySecond ? new Recent() : undefined
  const connections = await Promise.all(
    threads.map(thread => loadThread(options, thread, counters, temperatureSource(options.sensor), kinds, recent)),
  )
  let timer: NodeJS.Timeout | undefined
  try {
    const start = once(port, 'message')
    await Promise.all(connections.map(connection => connection.connect()))
    say({ is: 'ready' })
    await start
    if (recent) timer = setInterval(() => say({ is: 'second', latest: recent.take() }), 1000)
    const results = await Promise.all(connections.map(connection => connection.run()))
    if (recent) say({ is: 'second', latest: recent.take() })
    say({ is: 'done', results })
  } catch (error) {
    counters.stop()
    say({ is: 'problem', ...(await explain(error, options, kinds)) })
  } finally {
    clearInterval(timer)
    await Promise.all(connections.map(connection => connection.close()))
    port.close()
  }
}

async function explain(error: unknown, { backend, password }: LoadOptions, kinds: Kinds): Promise<{ message: string; remedy: string }> {
  if (error instanceof Problem) return { message: error.message, remedy: error.remedy }
  const { message, remedy } = (await openBackend(kinds, backend, () => password)).classify(error)
  return {
    message: message || sentence(error),
    remedy: remedy ?? `check that ${backend.type} runs and listens on ${backend.hosts.join(', ')}`,
  }
}

/** The temperature, read once a second: the load is on the backend, not on the sensor. 20 °C where there is none. */
function temperatureSource(sensor: string): () => number {
  let value = 20
  let readAt = -Infinity
  return () => {
    if (performance.now() - readAt > 1000) {
      readAt = performance.now()
      try {
        value = readSensor(sensor)
      } catch {
        // A load tool also runs where there is no sensor.
      }
    }
    return value
  }
}
