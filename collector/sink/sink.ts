import type { Backend, Failure } from '../backends/backend.ts'
import { openBackend, type Kinds } from '../backends/kind.ts'
import { backoff, pause } from '../backoff.ts'
import { settler, Stopped } from '../delivery.ts'
import { defectTeller, guardProcess } from '../guard.ts'
import { servePages, type MakePage } from '../http.ts'
import { sparing, type Log } from '../log.ts'
import { passwordOf } from '../password.ts'
import { sentence } from '../problem.ts'
import type { Reading } from '../reading.ts'
import { feedWatchdog } from '../watchdog.ts'
import type { SinkSettings } from './config.ts'
import type { Feed, OpenFeed } from './feed.ts'
import { createSinkHealth } from './health.ts'
import { kafkaFeed } from './kafka-feed.ts'
import { createSinkMetrics } from './metrics.ts'
import { mqttFeed } from './mqtt/feed.ts'
import { eachOnce, impossibleIn, type NoReading, type SinkReading } from './records.ts'

/** Milliseconds a stop waits for the batch under way, and then for what still hangs. */
const finishTime = 6000
const endTime = 2000

export interface Sink {
  /** Where /metrics and /healthz are. */
  readonly port: number
  /** Finishes the batch under way where its store takes it, says so to the brokers, and leaves. Within 9 s. */
  stop(): Promise<void>
}

/**
 * Takes every reading that a feed brings and puts it into a store, until stopped: at least once from the feed, and once into the store, for
 * the key of a reading tells what is there already. `configPath` is where relative password files are looked for.
 * @throws {Problem} where the port is taken; brokers and store may be absent at the start
 */
export async function startSink(settings: SinkSettings, configPath: string, log: Log, kinds: Kinds): Promise<Sink> {
  const { from, to } = settings
  const backend = await openBackend(kinds, to, passwordOf(to, configPath))
  const end = { backend, store: to.name, listen: settings.metrics }
  return from.type === 'kafka'
    ? startFed(kafkaFeed({ ...from, password: passwordOf(from, configPath) }, to.name), end, log)
    : startFed(mqttFeed(from), end, log)
}

interface End {
  readonly backend: Backend
  /** Its name. */
  readonly store: string
  /** Where its pages are. */
  readonly listen: SinkSettings['metrics']
}

async function startFed<Item>(openFeed: OpenFeed<Item>, { backend, store, listen }: End, log: Log): Promise<Sink> {
  const drain = new AbortController()
  const stop = new AbortController()
  const sometimes = sparing(log)
  const feed: Feed<Item> = openFeed({
    most: backend.maxBatch,
    take,
    joined(said, partitions) {
      metrics.up.set({ of: feed.name }, 1)
      if (partitions !== undefined) metrics.partitions.set(partitions)
      health.joined(said)
      log('notice', `${feed.place}: ${said}`)
    },
    left() {
      metrics.partitions.set(0)
      health.left()
    },
    gone(count, why) {
      metrics.gone.inc(count)
      health.gone(why)
      log('error', why)
    },
    warn: said => log('warning', said),
    failed: (failure, retryIn) => failed(feed.name, failure, retryIn),
    lag(waiting, failure) {
      if (!waiting) metrics.lag.reset()
      for (const [partition, records] of waiting ?? []) metrics.lag.set({ partition: String(partition) }, records)
      const sum = waiting && [...waiting.values()].reduce((all, records) => all + records, 0)
      metrics.lagSum.set(sum ?? NaN)
      health.lag(sum)
      if (failure) sometimes(`lag ${failure.code}`, 'warning', `the lag is not known: ${failure.message}`)
    },
  })
  const metrics = createSinkMetrics([feed.name, store], feed.watch !== undefined)
  const health = createSinkHealth(feed.name, store, feed.watch !== undefined)
  const defect = defectTeller(where => metrics.defects.inc({ where }), sometimes)

  function failed(of: string, failure: Failure, retryIn: number): void {
    const { kind, code, message, remedy } = failure
    metrics.errors.inc({ of, kind, code })
    metrics.up.set({ of }, 0)
    health.failed(of, failure)
    const advice = remedy ?? 'readings stay where they are'
    const level = kind === 'refused' ? 'error' : 'warning'
    sometimes(`${of} ${kind} ${code}`, level, `${of}: ${message}; next try in ${(retryIn / 1000).toFixed(1)} s; ${advice}`)
  }

  async function bury(item: Item, reading: Reading | undefined, code: string, message: string, ends: AbortSignal): Promise<void> {
    await feed.bury(item, reading, { code, message }, ends)
    metrics.dead.inc()
    health.buried(`${code}: ${message}`)
    const what = `${store} can never store what came as ${feed.origin(item)}`
    sometimes(`buried ${code}`, 'error', `${what} (${code}: ${message}); it is in ${feed.deadLetters}`)
  }

  const settle = settler<SinkReading<Item>>({
    name: store,
    backend,
    deadLetters: (_store, { record, ...reading }, { code, message }) => bury(record, reading, code, message, drain.signal),
    events: {
      connected() {
        metrics.up.set({ of: store }, 1)
        health.stored()
      },
      stored(readings, duplicates, seconds) {
        metrics.written.inc(readings)
        metrics.duplicates.inc(duplicates)
        if (readings > 0) metrics.storeSeconds.observe(seconds)
        metrics.up.set({ of: store }, 1)
        health.stored()
      },
      failed: (failure, retryIn) => failed(store, failure, retryIn),
      buried() {},
    },
  })

  async function handle(items: readonly Item[], ends: AbortSignal): Promise<void> {
    const readings: SinkReading<Item>[] = []
    const wrong: { readonly item: Item; readonly why: NoReading; readonly reading?: Reading }[] = []
    for (const item of items) {
      const holds = feed.holds(item)
      if ('code' in holds) wrong.push({ item, why: holds })
      else
        for (const reading of holds) {
          const why = impossibleIn(reading)
          if (why) wrong.push({ item, why, reading })
          else readings.push({ location: reading.location, date: reading.date, value: reading.value, note: reading.note, record: item })
        }
    }
    metrics.taken.inc(readings.length + wrong.length)
    const once = eachOnce(readings)
    metrics.written.inc(readings.length - once.length)
    metrics.duplicates.inc(readings.length - once.length)
    // An item may hold many.
    for (let from = 0; from < once.length; from += backend.maxBatch)
      await settle(once.slice(from, from + backend.maxBatch), ends, stop.signal)
    for (const { item, why, reading } of wrong) await bury(item, reading, why.code, why.message, ends)
  }

  /** One after the other, also where one session is over and the next begins. */
  let before: Promise<void> = Promise.resolve()
  function take(items: readonly Item[], ends: AbortSignal): Promise<void> {
    const mine = before.then(() => handle(items, ends))
    before = mine.catch(() => {})
    return mine
  }

  async function work(): Promise<void> {
    // The store first: a sink that cannot store would only keep readings from the others.
    await settle([], drain.signal, stop.signal)
    for (let failures = 0; !drain.signal.aborted; failures++) {
      const began = performance.now()
      try {
        await feed.run(drain.signal)
      } catch (error) {
        if (performance.now() - began > 60_000) failures = 0
        const failure = feed.classify(error)
        const wait = backoff(failure.kind, failures)
        failed(feed.name, failure, wait)
        await pause(wait, drain.signal)
      }
    }
  }

  const server = await servePages(
    listen.address,
    listen.port,
    new Map<string, MakePage>([
      ['/metrics', async () => ({ status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() })],
      ['/healthz', () => health.page()],
    ]),
    { onWaiting: reason => sometimes('metrics', 'warning', `nobody can ask for metrics yet: ${reason}; it goes on, and tries again`) },
  )
  const unguard = guardProcess(defect)
  const working = work().catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error
  })
  working.catch((error: unknown) => defect('sink', error))
  const watching = feed.watch?.(drain.signal)
  const endFeeding = feedWatchdog(error => sometimes('watchdog', 'warning', `systemd could not be told that it lives: ${sentence(error)}`))

  return {
    port: server.port,
    async stop() {
      drain.abort()
      await within(finishTime, working)
      stop.abort()
      await within(endTime, Promise.all([working, watching, feed.close(), backend.close()]))
      server.close()
      endFeeding()
      unguard()
      log('notice', 'stopped; what was not stored stays where it is')
    },
  }
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work.catch(() => {}), new Promise(done => (timer = setTimeout(done, milliseconds)))])
  clearTimeout(timer)
}
