import type { Shell } from './resources/kind.ts'
import { quote } from './shell.ts'

/** Which lines of a log are meant. */
export interface LogWish {
  /** At most so many of the last ones. */
  readonly lines: number
  /** As journalctl takes it: `2026-05-01 12:00`, `-1h`, `yesterday`. */
  readonly since?: string
  /** Also those to come, without end. */
  readonly follow: boolean
}

/** Shell text that prints what units wrote into the Pi's journal, oldest first, with the Pi's own time. Reads only. */
export function unitLogText(units: readonly string[], { lines, since, follow }: LogWish): Shell {
  return [
    'journalctl --quiet --no-pager --output=short-iso',
    `--lines=${lines}`,
    ...(since === undefined ? [] : [`--since=${quote(since)}`]),
    ...(follow ? ['--follow'] : []),
    ...units.map(unit => `--unit=${quote(unit)}`),
  ].join(' ')
}
