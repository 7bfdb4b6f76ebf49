import type { Health } from './health.ts'
import type { MakePage, Page } from './http.ts'
import type { Metrics } from './metrics.ts'
import { liveState } from './queue/inspect.ts'
import type { Queue } from './queue/queue.ts'

/** The path of the queue's state, which `collect queue` asks for. */
export const queuePath = '/queue'

/** What the agent shows: metrics for Prometheus, health for whoever asks, and its queue for `collect queue`. */
export function agentPages(metrics: Metrics, health: Health, queue: Queue): ReadonlyMap<string, MakePage> {
  const waiting = (backend: string): number => queue.readers.get(backend)?.length ?? 0
  return new Map<string, MakePage>([
    ['/metrics', () => metricsPage(metrics, queue)],
    ['/healthz', () => health.page({ diskError: queue.diskError, inMemory: queue.unwritten.length, waiting })],
    [queuePath, () => ({ status: 200, type: 'application/json', body: `${JSON.stringify(liveState(queue))}\n` })],
  ])
}

async function metricsPage(metrics: Metrics, queue: Queue): Promise<Page> {
  metrics.queueBytes.set(queue.bytes)
  metrics.queueMemory.set(queue.unwritten.length)
  metrics.diskUp.set(queue.diskError === undefined ? 1 : 0)
  for (const [backend, reader] of queue.readers) {
    const oldest = reader.oldestDate
    metrics.queueReadings.set({ backend }, reader.length)
    metrics.queueOldest.set({ backend }, oldest === undefined ? 0 : Math.max(0, Date.now() / 1000 - oldest / 1e6))
  }
  return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() }
}
