/** Seconds. */
const window = 5
const least = 10
/** How much better the newest window may be than the best before. */
const better = 1.03

/** How long a warm-up lasts at most, in seconds. */
export const longestWarmUp = 60

/**
 * Is a load warm? `perSecond`: readings stored in each second so far. After ten seconds at least: when the last five seconds were not
 * more than 3 % better than the best five before them. A JIT that still compiles gets better.
 */
export function isWarm(perSecond: readonly number[]): boolean {
  if (perSecond.length < least) return false
  const whole = perSecond.slice(perSecond.length % window)
  const sums = Array.from({ length: whole.length / window }, (_, index) => sumOf(whole.slice(index * window, (index + 1) * window)))
  const last = sums.pop() ?? 0
  return last > 0 && last <= better * Math.max(...sums)
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
