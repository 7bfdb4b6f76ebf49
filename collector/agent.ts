import { openBackend, type Kinds } from './backends/kind.ts'
import type { Backend } from './backends/backend.ts'
import type { CollectorSettings } from './config.ts'
import { intervalOf } from './config.ts'
import { readingDates } from './dates.ts'
import type { ReadingDates } from './dates.ts'
import { deadLetterFile } from './dead-letters.ts'
import type { DeadLetters } from './dead-letters.ts'
import { deliveryEvents, sureDeadLetters } from './delivery-events.ts'
import { deliverAlways } from './delivery.ts'
import type { Delivery, DeliveryEvents } from './delivery.ts'
import { defectTeller, guardProcess } from './guard.ts'
import type { Health } from './health.ts'
import { createHealth } from './health.ts'
import { servePages } from './http.ts'
import { yielding } from './hold.ts'
import type { Log, Sparing } from './log.ts'
import { sparing } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { agentPages } from './pages.ts'
import { passwordOf } from './password.ts'
import { plausibility } from './plausible.ts'
import { sentence } from './problem.ts'
import { bootOf, readGiven, writeGiven } from './queue/boot.ts'
import { lockQueue } from './queue/lock.ts'
import { Queue } from './queue/queue.ts'
import type { QueueReader } from './queue/reader.ts'
import { keepUp } from './queue/upkeep.ts'
import { sampler, tellDiskError } from './sampling.ts'
import { sensorReader } from './sensor.ts'
import { clockSynchronized } from './synchronized.ts'
import { everyInterval } from './ticker.ts'
import { feedWatchdog } from './watchdog.ts'

/** Milliseconds a stop waits for the sensor, for the backends to take what is queued, and then for their connections to end. */
const sampleTime = 500
const drainTime = 2500
const closeTime = 1000

export interface Agent {
  /** Where /metrics and /healthz are. */
  readonly port: number
  /** Stops measuring, delivers what can be delivered in 2.5 s, writes the rest to disk. Within 5 s. */
  stop(): Promise<void>
}

/**
 * Measures at the interval into the queue, and delivers from it to every backend, until stopped.
 * `configPath` is where relative password files are looked for.
 * @throws {Problem} where the queue is in use or the port taken; sensor, backends and a disk that takes anything may be absent at the start
 */
export async function startAgent(settings: CollectorSettings, configPath: string, log: Log, kinds: Kinds): Promise<Agent> {
  const names = settings.backends.map(({ name }) => name)
  const interval = intervalOf(settings)
  const metrics = createMetrics(settings.location, names)
  const health = createHealth(names, interval)
  const sometimes = sparing(log)
  const defect = defectTeller(where => metrics.defects.inc({ where }), sometimes)
  const backends = await Promise.all(
    settings.backends.map(async config => yielding(await openBackend(kinds, config, passwordOf(config, configPath)), config.type)),
  )
  const unlock = lockQueue(settings.queue.directory)
  const queue = openQueue(settings, names, metrics, health, sometimes)
  const server = await servePages(settings.metrics.address, settings.metrics.port, agentPages(metrics, health, queue), {
    onWaiting: reason =>
      sometimes('metrics', 'warning', `nobody can ask for metrics yet: ${reason}; it goes on measuring, and tries again`),
  })
  // From here on; before, what goes wrong ends the start.
  const unguard = guardProcess(defect)

  const drain = new AbortController()
  const stop = new AbortController()
  const deadLetters = sureDeadLetters(deadLetterFile(settings.deadLetters), log)
  const deliveries = backends.map((backend, index) => {
    const name = names[index] as string
    const events = deliveryEvents(name, metrics, health, log, sometimes, () => backend.certificate)
    return deliverAlways(deliveryTo(name, backend, queue, deadLetters, events), drain.signal, stop.signal, defect)
  })
  const endUpkeep = keepUp(queue, {
    policy: settings.queue.sync,
    interval: settings.queue.syncInterval,
    onError: error => tellDiskError(error, metrics, sometimes),
  })
  const { location, note, sensor } = settings
  const dates = datesOf(settings, queue, log)
  const sample = sampler({
    location,
    note,
    read: sensorReader(sensor),
    plausible: plausibility(Math.max(60_000, 3 * interval)),
    dates,
    queue,
    metrics,
    health,
    sometimes,
  })
  const odd = (error: unknown): void => defect('measuring', error)
  let sampling: Promise<void> = Promise.resolve()
  const endTicks = everyInterval(
    interval,
    () => {
      sampling = sample().catch(odd)
    },
    ticks => metrics.missed.inc(ticks),
    odd,
  )
  const endFeeding = feedWatchdog(error =>
    sometimes('watchdog', 'warning', `systemd could not be told that the agent lives: ${sentence(error)}`),
  )

  return {
    port: server.port,
    async stop() {
      endTicks()
      // The reading that is being taken goes with the others.
      await within(sampleTime, sampling)
      endUpkeep()
      drain.abort()
      await within(drainTime, Promise.all(deliveries))
      stop.abort()
      await within(closeTime, Promise.all(deliveries))
      server.close()
      const left = [...queue.readers.values()].map(reader => `${reader.length} for ${reader.name}`)
      await queue.close().catch((error: unknown) => log('error', `the queue could not be synced: ${sentence(error)}`))
      endFeeding()
      unlock()
      unguard()
      log('notice', `stopped; readings still queued: ${left.join(', ')}`)
    },
  }
}

function openQueue(
  { queue: { directory, maxBytes, maxReadings } }: CollectorSettings,
  backends: readonly string[],
  metrics: Metrics,
  health: Health,
  sometimes: Sparing,
): Queue {
  return new Queue({
    directory,
    backends,
    maxBytes,
    ...(maxReadings === undefined ? {} : { maxReadings }),
    onDropped(backend, readings, reason) {
      metrics.dropped.inc({ backend, reason }, readings)
      const why = reason === 'full' ? 'the queue is full' : 'the queue on disk is damaged'
      health.dropped(backend, readings, why)
      sometimes(`dropped ${backend} ${reason}`, 'error', `${why}: lost the ${readings} oldest readings that ${backend} has not got`)
    },
    onDamaged(lines) {
      metrics.damaged.inc(lines)
      sometimes('damaged', 'warning', `skipped ${lines} damaged lines of the queue in ${directory}`)
    },
  })
}

function datesOf({ queue: { directory }, clockMark }: CollectorSettings, queue: Queue, log: Log): ReadingDates {
  const { given, floor } = readGiven(directory)
  const day = (micros: number): string => new Date(micros / 1000).toISOString()
  return readingDates({
    noted: given,
    lastDate: Math.max(queue.lastDate, floor),
    boot: bootOf(),
    note: dates => writeGiven(directory, dates),
    durable: () => queue.diskError === undefined,
    synchronized: clockSynchronized(clockMark),
    now: () => Date.now() * 1000,
    elapsed: () => performance.now() * 1000,
    onReturn: (from, to) => log('notice', `the clock is synchronised and was wrong before: dates return from ${day(from)} to ${day(to)}`),
  })
}

function deliveryTo(name: string, backend: Backend, queue: Queue, deadLetters: DeadLetters, events: DeliveryEvents): Delivery {
  return { name, source: readerOf(queue, name), backend, more: signal => queue.appended(signal), deadLetters, events }
}

function readerOf(queue: Queue, name: string): QueueReader {
  const reader = queue.readers.get(name)
  if (!reader) throw new Error(`no reader ${name}`)
  return reader
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise(done => (timer = setTimeout(done, milliseconds)))])
  clearTimeout(timer)
}
