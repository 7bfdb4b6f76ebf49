import type { ReadingDates } from './dates.ts'
import type { Health } from './health.ts'
import type { Sparing } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Doubt, Plausibility } from './plausible.ts'
import { codeOf, sentence } from './problem.ts'
import type { Queue } from './queue/queue.ts'
import { SensorError } from './sensor.ts'

export interface SamplingParts {
  readonly location: string
  /** `{sequence}` in it becomes the number of the reading. */
  readonly note: string
  readonly read: () => Promise<number>
  readonly plausible: Plausibility
  readonly dates: ReadingDates
  readonly queue: Queue
  readonly metrics: Metrics
  readonly health: Health
  readonly sometimes: Sparing
}

const doubts: Readonly<Record<Doubt, string>> = {
  'power-on': '85 °C all of a sudden is what a sensor says that has just got power',
  jump: 'no temperature changes by 40 K from one reading to the next',
}

/** A date more than this from the clock is counted, microseconds. */
const offClock = 1_000_000

/**
 * One tick: a temperature into the queue. What cannot be read, is not believed, or cannot be dated is not stored, but counted and said.
 * While the sensor takes longer than the interval the ticks in between are missed; they resolve with the one under way.
 */
export function sampler(parts: SamplingParts): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    if (running) parts.metrics.missed.inc()
    return (running ??= sample(parts).finally(() => (running = undefined)))
  }
}

async function sample({ location, note, dates, queue, metrics, health, sometimes, ...sensing }: SamplingParts): Promise<void> {
  const value = await believed({ metrics, health, sometimes, ...sensing })
  if (value === undefined) return
  const date = dates.next()
  if (date === undefined) {
    const why = 'the disk takes nothing since the boot, and the clock is not synchronised: a date might be given twice'
    metrics.undated.inc()
    health.unread(why)
    return sometimes('undated', 'error', `no reading is taken: ${why}`)
  }
  if (Math.abs(date - Date.now() * 1000) > offClock) metrics.corrected.inc()
  queue.append({ location, date, value, note: note.replaceAll('{sequence}', String(queue.nextSequence)) })
  metrics.readings.inc()
  metrics.temperature.set({ location }, value)
  health.read()
  if (queue.diskError !== undefined) tellDiskError(queue.diskError, metrics, sometimes)
}

/** A temperature that was read and is believed; a doubted one is read again at once. */
async function believed({
  read,
  plausible,
  metrics,
  health,
  sometimes,
}: Pick<SamplingParts, 'read' | 'plausible' | 'metrics' | 'health' | 'sometimes'>): Promise<number | undefined> {
  try {
    const first = await read()
    const doubt = plausible.doubt(first, performance.now())
    if (doubt === undefined) return taken(first)
    metrics.doubted.inc({ reason: doubt })
    const second = await read()
    if (plausible.doubt(second, performance.now()) === undefined) return taken(second)
    plausible.refused(second)
    health.unread(`the sensor says ${second} °C, which is not believed`)
    sometimes(`doubt ${doubt}`, 'warning', `the sensor says ${second} °C, which is not stored: ${doubts[doubt]}`)
  } catch (error) {
    const kind = error instanceof SensorError ? error.kind : 'unreadable'
    metrics.sensorErrors.inc({ kind })
    health.unread(sentence(error))
    sometimes(`sensor ${kind}`, 'error', `${sentence(error)}; trying again every interval`)
  }
  return undefined

  function taken(value: number): number {
    plausible.taken(value, performance.now())
    return value
  }
}

/** Counts and says what the disk refuses. */
export function tellDiskError(error: unknown, metrics: Metrics, sometimes: Sparing): void {
  metrics.queueErrors.inc({ code: codeOf(error) })
  sometimes(
    'queue',
    'error',
    `the disk takes no readings (${sentence(error)}): the newest are kept in memory; make room on it, or see dmesg whether it fails`,
  )
}
