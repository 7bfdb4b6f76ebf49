import type { Failure } from '../backends/backend.ts'
import { openBackend, type Kinds } from '../backends/kind.ts'
import { classifyKafkaError } from '../backends/kafka/errors.ts'
import { backoff, pause } from '../backoff.ts'
import { settler, Stopped } from '../delivery.ts'
import { defectTeller, guardProcess } from '../guard.ts'
import { servePages, type MakePage } from '../http.ts'
import { sparing, type Log } from '../log.ts'
import { passwordOf } from '../password.ts'
import { sentence } from '../problem.ts'
import { feedWatchdog } from '../watchdog.ts'
import { asking } from './asking.ts'
import { cemetery } from './bury.ts'
import type { SinkSettings } from './config.ts'
import type { Source } from './connection.ts'
import { createSinkHealth } from './health.ts'
import { goneOf, lagOf, watchLag } from './lag.ts'
import { beMember } from './member.ts'
import { createSinkMetrics } from './metrics.ts'
import { eachOnce, isReading, readingIn, type SinkReading, type SourceRecord } from './records.ts'

/** Milliseconds a stop waits for the batch under way, and then for what still hangs. */
const finishTime = 6000
const endTime = 2000
/** Milliseconds between two looks at the lag. */
const lagEvery = 5000

export interface Sink {
  /** Where /metrics and /healthz are. */
  readonly port: number
  /** Finishes the batch under way where its store takes it, commits, and leaves the group. Within 9 s. */
  stop(): Promise<void>
}

/**
 * Takes every record of a topic and puts it into a store, until stopped: at least once from the topic, and once into the store, for the key of a
 * reading tells what is there already. `configPath` is where relative password files are looked for.
 * @throws {Problem} where the port is taken; brokers and store may be absent at the start
 */
export async function startSink({ from, to, metrics: listen }: SinkSettings, configPath: string, log: Log, kinds: Kinds): Promise<Sink> {
  const source: Source = { ...from, password: passwordOf(from, configPath) }
  const { group, topic } = source
  const store = to.name
  const backend = await openBackend(kinds, to, passwordOf(to, configPath))
  const metrics = createSinkMetrics(['kafka', store])
  const health = createSinkHealth(store, group)
  const sometimes = sparing(log)
  const defect = defectTeller(where => metrics.defects.inc({ where }), sometimes)
  const drain = new AbortController()
  const stop = new AbortController()

  function failed(of: string, failure: Failure, retryIn: number): void {
    const { kind, code, message, remedy } = failure
    metrics.errors.inc({ of, kind, code })
    metrics.up.set({ of }, 0)
    health.failed(of, failure)
    const advice = remedy ?? 'readings stay in the topic'
    const level = kind === 'refused' ? 'error' : 'warning'
    sometimes(`${of} ${kind} ${code}`, level, `${of}: ${message}; next try in ${(retryIn / 1000).toFixed(1)} s; ${advice}`)
  }

  const brokers = asking(source)
  const graves = cemetery(source, (failure, retryIn) => failed('kafka', failure, retryIn))

  async function bury(record: SourceRecord, code: string, message: string, ends: AbortSignal): Promise<void> {
    await graves.bury(record, { code, message }, ends)
    metrics.dead.inc({ code })
    health.buried(`${code}: ${message}`)
    const at = `partition ${record.partition}, offset ${record.offset}`
    sometimes(
      `buried ${code}`,
      'error',
      `${store} can never store the record of ${at} (${code}: ${message}); it is in ${source.deadLetters}`,
    )
  }

  const settle = settler<SinkReading>({
    name: store,
    backend,
    deadLetters: (_store, { record }, { code, message }) => bury(record, code, message, drain.signal),
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

  async function handle(records: readonly SourceRecord[], ends: AbortSignal): Promise<void> {
    metrics.taken.inc(records.length)
    const found = records.map(record => ({ record, holds: readingIn(record) }))
    const readings = found.flatMap(({ holds }) => (isReading(holds) ? [holds] : []))
    const once = eachOnce(readings)
    metrics.written.inc(readings.length - once.length)
    metrics.duplicates.inc(readings.length - once.length)
    if (once.length > 0) await settle(once, ends, stop.signal)
    for (const { record, holds } of found) if (!isReading(holds)) await bury(record, holds.code, holds.message, ends)
  }

  /** One after the other, also where a member is over and the next begins. */
  let before: Promise<void> = Promise.resolve()
  function take(records: readonly SourceRecord[], ends: AbortSignal): Promise<void> {
    const mine = before.then(() => handle(records, ends))
    before = mine.catch(() => {})
    return mine
  }

  /** By partition, the offset up to which what is gone was told. */
  const told = new Map<number, bigint>()
  function gone(partition: number, start: bigint, end: bigint): void {
    const known = told.get(partition) ?? 0n
    const first = start > known ? start : known
    if (end <= first) return
    told.set(partition, end)
    metrics.gone.inc(Number(end - first))
    const why = `records ${first} to ${end - 1n} of partition ${partition} of ${topic} are gone, and were not stored in ${store}: retention took them`
    health.gone(why)
    log('error', why)
  }

  const membership = {
    most: backend.maxBatch,
    take,
    joined(partitions: readonly number[]) {
      metrics.up.set({ of: 'kafka' }, 1)
      metrics.partitions.set(partitions.length)
      health.joined(partitions.length)
      log('notice', `in the group ${group}, with ${partitions.length} partitions of ${topic}`)
    },
    left() {
      metrics.partitions.set(0)
      health.left()
    },
    gap(partition: number, due: bigint, came: bigint) {
      if (came > due) return gone(partition, due, came)
      log('warning', `partition ${partition} of ${topic} begins again at ${came}, before ${due}: was the topic made anew?`)
    },
  }

  async function work(): Promise<void> {
    // The store first: a member that cannot store would only keep records from the others.
    await settle([], drain.signal, stop.signal)
    for (let failures = 0; !drain.signal.aborted; failures++) {
      const began = performance.now()
      try {
        await beMember(source, brokers, membership, drain.signal)
      } catch (error) {
        if (performance.now() - began > 60_000) failures = 0
        const failure = classifyKafkaError(error)
        const wait = backoff(failure.kind, failures)
        failed('kafka', failure, wait)
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
  const watching = watchLag(
    brokers,
    source,
    lagEvery,
    {
      seen(lags) {
        for (const lag of lags) {
          metrics.lag.set({ partition: String(lag.partition) }, lagOf(lag))
          const range = goneOf(lag)
          if (range) gone(lag.partition, ...range)
        }
        const sum = lags.reduce((all, lag) => all + lagOf(lag), 0)
        metrics.lagSum.set(sum)
        health.lag(sum)
      },
      failed(error) {
        const { code, message } = classifyKafkaError(error)
        metrics.lag.reset()
        metrics.lagSum.set(NaN)
        health.lag(undefined)
        sometimes(`lag ${code}`, 'warning', `the lag is not known: ${message}`)
      },
    },
    drain.signal,
  )
  const endFeeding = feedWatchdog(error => sometimes('watchdog', 'warning', `systemd could not be told that it lives: ${sentence(error)}`))

  return {
    port: server.port,
    async stop() {
      drain.abort()
      await within(finishTime, working)
      stop.abort()
      await within(endTime, Promise.all([working, watching, graves.close(), backend.close(), brokers.close()]))
      server.close()
      endFeeding()
      unguard()
      log('notice', 'stopped; what was not stored stays in the topic')
    },
  }
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work.catch(() => {}), new Promise(done => (timer = setTimeout(done, milliseconds)))])
  clearTimeout(timer)
}
