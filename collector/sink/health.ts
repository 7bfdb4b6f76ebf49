import type { Failure } from '../backends/backend.ts'
import type { Page } from '../http.ts'

/** Keeps what the sink's page of health is made of. */
export interface SinkHealth {
  joined(partitions: number): void
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
}

interface Event {
  count: number
  at: number
  why: string
}

/**
 * Healthy is what is in the group and has its store. A store or brokers that are away are what the topic is for; what refuses us, records
 * that can never be stored and records that are gone are illnesses, in the words of who said so. `now`: milliseconds that only grow.
 */
export function createSinkHealth(store: string, group: string, now: () => number = () => performance.now()): SinkHealth {
  const failures = new Map<string, Failure>()
  let partitions: number | undefined
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
    if (!failure) return { ill: false, text: `${name}: ${well ?? 'not tried yet'}` }
    const { kind, code, message, remedy } = failure
    const ill = kind === 'refused'
    return { ill, text: `${name}: ${ill ? 'refuses us' : 'away'} (${code}: ${message})${remedy === undefined ? '' : `; ${remedy}`}` }
  }

  function groupText(): string | undefined {
    if (partitions !== undefined) return `member of the group ${group}, with ${partitions} partitions`
    return wasIn ? `joining the group ${group} again` : undefined
  }

  return {
    joined(count) {
      partitions = count
      wasIn = true
      failures.delete('kafka')
    },
    left: () => void (partitions = undefined),
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
        endLine('kafka', groupText()),
        endLine(store, storedAt === undefined ? undefined : `took readings or a login ${ago(storedAt)}`),
        { ill: false, text: lag === undefined ? 'lag: not known' : `lag: ${lag} readings wait` },
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
      const body = [ill ? 'ill' : 'ok', ...lines.map(line => `${line.ill ? '! ' : '  '}${line.text.replaceAll(/\s+/g, ' ')}`), '']
      return { status: ill ? 503 : 200, type: 'text/plain; charset=utf-8', body: body.join('\n') }
    },
  }
}
