import { openBackend } from './backends/open.ts'
import type { BackendConfig } from './backends/config.ts'
import { readingClock } from './clock.ts'
import type { CollectorSettings } from './config.ts'
import { intervalOf } from './config.ts'
import { deadLetterFile } from './dead-letters.ts'
import type { DeadLetters } from './dead-letters.ts'
import { deliverAlways } from './delivery.ts'
import type { Delivery, DeliveryEvents } from './delivery.ts'
import { defectTeller, guardProcess } from './guard.ts'
import { servePages } from './http.ts'
import type { MakePage, Page } from './http.ts'
import type { Log } from './log.ts'
import { sparing } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { passwordPath, readPassword } from './password.ts'
import { codeOf, sentence } from './problem.ts'
import { lockQueue } from './queue/lock.ts'
import { Queue } from './queue/queue.ts'
import type { QueueReader } from './queue/reader.ts'
import { keepUp } from './queue/upkeep.ts'
import { SensorError, readSensor } from './sensor.ts'
import { everyInterval } from './ticker.ts'

/** Milliseconds a stop waits for the backends to take what is queued, and then for their connections to end. */
const drainTime = 2500
const closeTime = 1000

export interface Agent {
  /** Where /metrics and /healthz are. */
  readonly port: number
  /** Stops measuring, delivers what can be delivered in 2.5 s, writes the rest to disk. Within 5 s. */
  stop(): Promise<void>
}

type SparingLog = ReturnType<typeof sparing>

/**
 * Measures at the interval into the queue, and delivers from it to every backend, until stopped.
 * `configPath` is where relative password files are looked for.
 * @throws {Problem} where the queue is in use or the port taken; sensor and backends may be absent at the start
 */
export async function startAgent(settings: CollectorSettings, configPath: string, log: Log): Promise<Agent> {
  const names = settings.backends.map(({ name }) => name)
  const metrics = createMetrics(settings.location, names)
  const sometimes = sparing(log)
  const defect = defectTeller(where => metrics.defects.inc({ where }), sometimes)
  const unguard = guardProcess(defect)
  const unlock = lockQueue(settings.queue.directory)
  const queue = openQueue(settings, names, metrics, sometimes)
  const lastReading = { at: 0 }
  const pages = new Map<string, MakePage>([
    ['/metrics', () => metricsPage(metrics, queue)],
    ['/healthz', () => healthPage(lastReading.at, intervalOf(settings))],
  ])
  const server = await servePages(settings.metrics.address, settings.metrics.port, pages)

  const drain = new AbortController()
  const stop = new AbortController()
  const deadLetters = sureDeadLetters(deadLetterFile(settings.deadLetters), log)
  const deliveries = settings.backends.map(config => {
    const delivery = deliveryTo(config, configPath, queue, deadLetters, eventsOf(config.name, metrics, log, sometimes))
    return deliverAlways(delivery, drain.signal, stop.signal, defect)
  })
  const endUpkeep = keepUp(queue, {
    policy: settings.queue.sync,
    interval: settings.queue.syncInterval,
    onError: error => reportQueueError(error, metrics, sometimes),
  })
  const endTicks = everyInterval(intervalOf(settings), sampler(settings, queue, metrics, sometimes, lastReading), ticks => metrics.missed.inc(ticks), error => defect('measuring', error))

  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : settings.metrics.port,
    async stop() {
      endTicks()
      endUpkeep()
      drain.abort()
      await within(drainTime, Promise.all(deliveries))
      stop.abort()
      await within(closeTime, Promise.all(deliveries))
      server.close()
      server.closeAllConnections()
      const left = [...queue.readers.values()].map(reader => `${reader.length} for ${reader.name}`)
      await queue.close().catch((error: unknown) => log('error', `the queue could not be synced: ${sentence(error)}`))
      unlock()
      unguard()
      log('notice', `stopped; readings still queued: ${left.join(', ')}`)
    },
  }
}

function openQueue({ queue: { directory, maxBytes, maxReadings } }: CollectorSettings, backends: readonly string[], metrics: Metrics, sometimes: SparingLog): Queue {
  return new Queue({
    directory,
    backends,
    maxBytes,
    ...(maxReadings === undefined ? {} : { maxReadings }),
    onDropped(backend, readings, reason) {
      metrics.dropped.inc({ backend, reason }, readings)
      const why = reason === 'full' ? 'the queue is full' : 'the queue on disk is damaged'
      sometimes(`dropped ${backend} ${reason}`, 'error', `${why}: lost the ${readings} oldest readings that ${backend} has not got`)
    },
    onDamaged(lines) {
      metrics.damaged.inc(lines)
      sometimes('damaged', 'warning', `skipped ${lines} damaged lines of the queue in ${directory}`)
    },
  })
}

/** One tick: a temperature into the queue. */
function sampler({ location, note, sensor }: CollectorSettings, queue: Queue, metrics: Metrics, sometimes: SparingLog, lastReading: { at: number }): () => void {
  const clock = readingClock({ after: queue.lastDate })
  return () => {
    let value
    try {
      value = readSensor(sensor)
    } catch (error) {
      const kind = error instanceof SensorError ? error.kind : 'unreadable'
      metrics.sensorErrors.inc({ kind })
      sometimes(`sensor ${kind}`, 'error', `${sentence(error)}; trying again every interval`)
      return
    }
    queue.append({ location, date: clock.next(), value, note: note.replaceAll('{sequence}', String(queue.nextSequence)) })
    metrics.readings.inc()
    metrics.temperature.set({ location }, value)
    lastReading.at = performance.now()
    if (queue.diskError !== undefined) reportQueueError(queue.diskError, metrics, sometimes)
  }
}

function reportQueueError(error: unknown, metrics: Metrics, sometimes: SparingLog): void {
  metrics.queueErrors.inc({ code: codeOf(error) })
  sometimes('queue', 'error', `the disk takes no readings (${sentence(error)}): the newest are kept in memory; make room on it`)
}

function deliveryTo(config: BackendConfig, configPath: string, queue: Queue, deadLetters: DeadLetters, events: DeliveryEvents): Delivery {
  const { name, passwordFile } = config
  const password = (): string => (passwordFile === undefined ? '' : readPassword(passwordPath(passwordFile, configPath)))
  return { name, source: readerOf(queue, name), backend: openBackend(config, password), more: signal => queue.appended(signal), deadLetters, events }
}

function readerOf(queue: Queue, name: string): QueueReader {
  const reader = queue.readers.get(name)
  if (!reader) throw new Error(`no reader ${name}`)
  return reader
}

function eventsOf(backend: string, metrics: Metrics, log: Log, sometimes: SparingLog): DeliveryEvents {
  let away = false
  return {
    connected() {
      if (away) log('notice', `${backend} is back`)
      away = false
    },
    stored(readings, duplicates, seconds) {
      metrics.stored.inc({ backend }, readings)
      metrics.duplicates.inc({ backend }, duplicates)
      metrics.storeSeconds.observe({ backend }, seconds)
      metrics.up.set({ backend }, 1)
    },
    failed({ kind, code, message, remedy }, retryIn) {
      away = true
      metrics.errors.inc({ backend, kind, code })
      metrics.up.set({ backend }, 0)
      const advice = remedy === undefined ? 'readings are kept' : remedy
      sometimes(`${backend} ${kind} ${code}`, kind === 'refused' ? 'error' : 'warning', `${backend}: ${message}; next try in ${(retryIn / 1000).toFixed(1)} s; ${advice}`)
    },
    buried(reading, { code, message }) {
      metrics.deadLetters.inc({ backend })
      sometimes(`${backend} buried`, 'error', `${backend} can never store reading ${reading.sequence} (${code}: ${message}); it is in the dead-letter file`)
    },
  }
}

/** Where the file cannot be written the journal gets the reading: a bad one must not block the good ones. */
function sureDeadLetters(file: DeadLetters, log: Log): DeadLetters {
  return (backend, reading, failure) => {
    try {
      file(backend, reading, failure)
    } catch (error) {
      log('error', `dead letter for ${backend}, not written to its file (${sentence(error)}): ${JSON.stringify(reading)}`)
    }
  }
}

async function metricsPage(metrics: Metrics, queue: Queue): Promise<Page> {
  metrics.queueBytes.set(queue.bytes)
  for (const [backend, reader] of queue.readers) {
    const oldest = reader.oldestDate
    metrics.queueReadings.set({ backend }, reader.length)
    metrics.queueOldest.set({ backend }, oldest === undefined ? 0 : Math.max(0, Date.now() / 1000 - oldest / 1e6))
  }
  return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() }
}

/** Healthy while readings are taken; a backend that is away is what the queue is for. */
function healthPage(lastReading: number, interval: number): Page {
  const seconds = (performance.now() - lastReading) / 1000
  const healthy = lastReading > 0 && seconds < Math.max(10, (interval * 3) / 1000)
  const body = healthy ? 'ok\n' : 'no reading of late: see the log for the sensor\n'
  return { status: healthy ? 200 : 503, type: 'text/plain', body }
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise(done => (timer = setTimeout(done, milliseconds)))])
  clearTimeout(timer)
}
