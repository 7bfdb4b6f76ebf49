import type { Failure } from './backends/backend.ts'
import type { Page } from './http.ts'
import { sentence } from './problem.ts'

/** What is known now of a queue and of who waits for it. */
export interface QueueNow {
  readonly diskError: unknown
  /** Readings that are in memory only. */
  readonly inMemory: number
  /** Readings that a backend has not acknowledged. */
  waiting(backend: string): number
}

/** Keeps what the page of health is made of. Times are milliseconds of a clock that only grows. */
export interface Health {
  read(): void
  /** No reading was taken, and why. */
  unread(why: string): void
  stored(backend: string): void
  failed(backend: string, failure: Failure): void
  buried(backend: string, failure: Failure): void
  dropped(backend: string, readings: number, why: string): void
  page(queue: QueueNow): Page
}

/** Milliseconds that a loss makes ill: long enough for whoever looks once in five minutes. */
const recently = 600_000

interface Loss {
  readings: number
  at: number
  why: string
}

interface BackendState {
  storedAt?: number
  failure?: Failure
  buried?: Loss
  dropped?: Loss
}

interface Line {
  readonly ill: boolean
  readonly text: string
  /** Nobody knows yet how it is. */
  readonly untried?: true
}

/**
 * Healthy is what takes readings *and* has them stored. A backend that is away is what the queue is for; one that refuses us, readings
 * that can never be stored, a queue that is full and a disk that takes nothing are illnesses, told in the words of who said so. Until each
 * backend was tried it is neither: it starts.
 * `interval` is milliseconds between readings.
 */
export function createHealth(backends: readonly string[], interval: number, now: () => number = () => performance.now()): Health {
  const patience = Math.max(10_000, interval * 3)
  const states = new Map<string, BackendState>(backends.map(name => [name, {}]))
  const stateOf = (name: string): BackendState => states.get(name) ?? {}
  let readAt: number | undefined
  let unreadFor: string | undefined

  const ago = (at: number): string => `${((now() - at) / 1000).toFixed(1)} s ago`
  const recent = (loss: Loss | undefined): loss is Loss => loss !== undefined && now() - loss.at < recently
  const lose = (before: Loss | undefined, readings: number, why: string): Loss => ({
    readings: readings + (recent(before) ? before.readings : 0),
    at: now(),
    why,
  })

  function readingLine(): Line {
    const ill = readAt === undefined || now() - readAt > patience
    const last = readAt === undefined ? 'none yet' : `the last ${ago(readAt)}`
    return { ill, text: `readings: ${last}${ill && unreadFor !== undefined ? `: ${unreadFor}` : ''}` }
  }

  function deliveryLine(name: string, waiting: number): Line {
    const { failure, storedAt } = stateOf(name)
    const queue = `${waiting} readings wait`
    if (failure) {
      const { kind, code, message, remedy } = failure
      const ill = kind === 'refused'
      return {
        ill,
        text: `${name}: ${ill ? 'refuses us' : 'away'} (${code}: ${message}); ${queue}${remedy === undefined ? '' : `; ${remedy}`}`,
      }
    }
    return storedAt === undefined
      ? { ill: false, untried: true, text: `${name}: not tried yet; ${queue}` }
      : { ill: false, text: `${name}: stored ${ago(storedAt)}; ${queue}` }
  }

  const lossLines = (name: string): Line[] => {
    const { buried, dropped } = stateOf(name)
    return [
      ...(recent(buried)
        ? [
            {
              ill: true,
              text:
                `${name}: can never store ${buried.readings} readings, the last ${ago(buried.at)} (${buried.why}); ` +
                'they are in the dead-letter file',
            },
          ]
        : []),
      ...(recent(dropped)
        ? [{ ill: true, text: `${name}: lost ${dropped.readings} readings, the last ${ago(dropped.at)}: ${dropped.why}` }]
        : []),
    ]
  }

  const diskLine = ({ diskError, inMemory }: QueueNow): Line[] =>
    diskError === undefined ? [] : [{ ill: true, text: `disk: takes no readings (${sentence(diskError)}); ${inMemory} are in memory only` }]

  return {
    read() {
      readAt = now()
      unreadFor = undefined
    },
    unread: why => void (unreadFor = why),
    stored(name) {
      const state = stateOf(name)
      state.storedAt = now()
      delete state.failure
    },
    failed: (name, failure) => void (stateOf(name).failure = failure),
    buried(name, { code, message }) {
      const state = stateOf(name)
      state.buried = lose(state.buried, 1, `${code}: ${message}`)
    },
    dropped(name, readings, why) {
      const state = stateOf(name)
      state.dropped = lose(state.dropped, readings, why)
    },
    page(queue) {
      const lines = [
        readingLine(),
        ...diskLine(queue),
        ...backends.flatMap(name => [deliveryLine(name, queue.waiting(name)), ...lossLines(name)]),
      ]
      const ill = lines.some(line => line.ill)
      const word = ill ? 'ill' : lines.some(line => line.untried) ? 'starting' : 'ok'
      const body = [word, ...lines.map(line => `${line.ill ? '! ' : '  '}${line.text.replaceAll(/\s+/g, ' ')}`), '']
      return { status: word === 'ok' ? 200 : 503, type: 'text/plain; charset=utf-8', body: body.join('\n') }
    },
  }
}
