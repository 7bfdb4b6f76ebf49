import { performance } from 'node:perf_hooks'

/** Gives each reading its date. */
export interface ReadingClock {
  /** Microseconds since 1970 UTC, greater than every date given before. */
  next(): number
}

export interface ClockOptions {
  /** Dates are greater than this: the last date of the run before. */
  readonly after?: number
  /** Dates are `offset` plus a multiple of this many microseconds. */
  readonly step?: number
  /** Keeps several clocks of one location apart: clock i of n takes `step: n, offset: i`. */
  readonly offset?: number
  /** The wall clock in microseconds. */
  readonly now?: () => number
}

export const millisecond = 1000

/** The wall clock to the microsecond; it does not follow a clock that is set while the process runs. */
export const fineWallClock = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000)

/** The wall clock to the millisecond, in microseconds. */
export const wallClock = (): number => Date.now() * millisecond

/**
 * A clock whose dates only grow, also when the wall clock is set back (a Pi has no clock chip):
 * it then goes on in single steps until the wall clock has caught up.
 */
export function readingClock({ after = 0, step = millisecond, offset = 0, now = wallClock }: ClockOptions = {}): ReadingClock {
  const onGrid = (micros: number): number => Math.floor((micros - offset) / step) * step + offset
  let last = onGrid(after)
  return {
    next() {
      last = Math.max(onGrid(now()), last + step)
      return last
    },
  }
}
