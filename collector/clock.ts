import { performance } from 'node:perf_hooks'

/** Gives each reading of the load tool its date. */
export interface ReadingClock {
  /** Microseconds since 1970 UTC, greater than every date given before. */
  next(): number
}

export interface ClockOptions {
  /** Dates are `offset` plus a multiple of this many microseconds. */
  readonly step: number
  /** Keeps several clocks of one location apart: clock i of n takes `step: n, offset: i`. */
  readonly offset: number
  /** The wall clock in microseconds. */
  readonly now: () => number
}

/** The wall clock to the microsecond; it does not follow a clock that is set while the process runs. */
export const fineWallClock = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000)

/**
 * A clock whose dates only grow, also when the wall clock is set back: it then goes on in single steps until the wall clock has caught up.
 * It knows nothing of earlier runs; the agent's dates do (`dates.ts`).
 */
export function readingClock({ step, offset, now }: ClockOptions): ReadingClock {
  const onGrid = (micros: number): number => Math.floor((micros - offset) / step) * step + offset
  let last = -Infinity
  return {
    next() {
      last = Math.max(onGrid(now()), last + step)
      return last
    },
  }
}
