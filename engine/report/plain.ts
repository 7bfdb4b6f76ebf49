import type { Failure } from '../errors.ts'
import { titleOf, type RunEvent } from '../run/events.ts'
import { describeDisk } from '../disk.ts'
import { describeBudget } from '../memory.ts'

/** Lines for one event of a run, for where no terminal is. Most events have none. */
export function plainLines(event: RunEvent, options: { readonly check: boolean }): readonly string[] {
  const host = titleOf(event)
  switch (event.event) {
    case 'facts':
      return [
        `${host}: ${event.facts.release} ${event.facts.architecture}, ${event.facts.model || 'no Pi'}; ${describeBudget(event.memory)} MiB`,
        ...event.disks.map(disk => `${host}: ${describeDisk(disk, new Date())}`),
      ]
    case 'waiting':
      return [`${host}: waiting for ${event.for}`]
    case 'note':
      return event.text.split('\n').map(line => `${host}: ${line}`.trimEnd())
    case 'reconnecting':
      return [`${host}: ${event.because}; connecting again`]
    case 'planned':
      if (event.changes.length === 0) return []
      return [
        `${host}: ${options.check ? 'would change' : 'changing'} ${event.changes.length} of ${event.resources} resources`,
        ...(options.check ? event.changes.flatMap(planLines) : event.changes.flatMap(item => diffLines(item))).map(
          line => `${host}:   ${line}`,
        ),
      ]
    case 'changed':
      return [`${host}: ${event.role}: ${event.resource}: ${event.does.join('; ')}`]
    case 'finished':
      if (event.failure)
        return [`${host}: FAILED after ${event.seconds.toFixed(1)} s`, ...failureLines(event.failure).map(line => `${host}:   ${line}`)]
      return [
        `${host}: ${event.status === 'unchanged' ? `unchanged, ${event.unchanged} resources as wanted` : `${event.status} ${event.changed}`} in ${event.seconds.toFixed(1)} s`,
      ]
    default:
      return []
  }
}

type Planned = Extract<RunEvent, { event: 'planned' }>['changes'][number]

/** A planned change as `--check` shows it, with its diff where there is one. */
export function planLines(item: Planned): readonly string[] {
  return [`${item.role}: ${item.resource}: ${item.changes.map(change => change.does).join('; ')}`, ...diffLines(item)]
}

function diffLines(item: Planned): readonly string[] {
  const lines = item.changes.flatMap(change => change.diff ?? [])
  return lines.length ? [`  ${item.resource}`, ...lines.map(line => `    ${line}`)] : []
}

/** A failure: what, what the Pi said last, what to do. */
export function failureLines(failure: Failure): readonly string[] {
  return [failure.message, ...(failure.output ?? []).map(line => `  | ${line}`), ...(failure.hint ? [`→ ${failure.hint}`] : [])]
}
