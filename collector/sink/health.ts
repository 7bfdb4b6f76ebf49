import type { Failure } from '../backends/backend.ts'
import type { Page } from '../http.ts'

/** Keeps what the sink's page of health is made of. */
export interface SinkHealth {
  /** It has its place with the brokers, in these words. */
  joined(said: string): void
  left(): void
  /** The store, or the brokers, failed. */
  failed(of: string, failure: Failure): void
  /** The store takes readings. */
  stored(): void
  lag(records: number | undefined): void
  buried(why: string): void
  gone(why: string): void
  page(): Page
}

/** Milliseconds that a loss makes ill: long enough for whoever looks once in five minutes. */
const recently = 600_000

interface Line {
  readonly ill: boolean
  readonly text: string
  /** Nobody knows yet how it is. */
  readonly untried?: true
}

interface Event {
  count: number
  at: number
  why: string
}

/**
 * Healthy is what has its place with the brokers and has its store. A store or brokers that are away are what a queue is for; what refuses
 * us, records that can never be stored and records that are gone are illnesses, in the words of who said so. Until each end was tried it is
 * neither: it starts. `source`, `store`: their names;
 * `tellsLag`: somebody knows what waits; `now`: milliseconds that only grow.
 */
export function createSinkHealth(
  source: string,
  store: string,
  tellsLag: boolean,
  now: () => number = () => performance.now(),
): SinkHealth {
  const failures = new Map<string, Failure>()
  let place: string | undefined
  let wasIn = false
  let storedAt: number | undefined
  let lag: number | undefined
  let dead: Event | undefined
  let gone: Event | undefined

  const ago = (at: number): string => `${((now() - at) / 1000).toFixed(1)} s ago`
  const recent = (event: Event | undefined): event is Event => event !== undefined && now() - event.at < recently
  const another = (before: Event | undefined, why: string): Event => ({ count: (recent(before) ? before.count : 0) + 1, at: now(), why })

  function endLine(name: string, well: string | undefined): Line {
    const failure = failures.get(name)
    if (!failure)
      return well === undefined ? { ill: false, untried: true, text: `${name}: not tried yet` } : { ill: false, text: `${name}: ${well}` }
    const { kind, code, message, remedy } = failure
    const ill = kind === 'refused'
    return { ill, text: `${name}: ${ill ? 'refuses us' : 'away'} (${code}: ${message})${remedy === undefined ? '' : `; ${remedy}`}` }
  }

  const placeText = (): string | undefined => place ?? (wasIn ? 'coming back to its place' : undefined)

  return {
    joined(said) {
      place = said
      wasIn = true
      failures.delete(source)
    },
    left: () => void (place = undefined),
    failed: (of, failure) => void failures.set(of, failure),
    stored() {
      storedAt = now()
      failures.delete(store)
    },
    lag: records => void (lag = records),
    buried: why => void (dead = another(dead, why)),
    gone: why => void (gone = another(gone, why)),
    page() {
      const lines: Line[] = [
        endLine(source, placeText()),
        endLine(store, storedAt === undefined ? undefined : `took readings or a login ${ago(storedAt)}`),
        ...(tellsLag ? [{ ill: false, text: lag === undefined ? 'lag: not known' : `lag: ${lag} readings wait` }] : []),
        ...(recent(dead)
          ? [
              {
                ill: true,
                text: `dead letters: ${dead.count}, the last ${ago(dead.at)} (${dead.why}); \`collect dead-letters\` shows them`,
              },
            ]
          : []),
        ...(recent(gone) ? [{ ill: true, text: `lost: ${gone.why}` }] : []),
      ]
      const ill = lines.some(line => line.ill)
      const word = ill ? 'ill' : lines.some(line => line.untried) ? 'starting' : 'ok'
      const body = [word, ...lines.map(line => `${line.ill ? '! ' : '  '}${line.text.replaceAll(/\s+/g, ' ')}`), '']
      return { status: word === 'ok' ? 200 : 503, type: 'text/plain; charset=utf-8', body: body.join('\n') }
    },
  }
}
