/**
 * How long to wait before each of a row of calls, so that there are at most `rate` a second: milliseconds. What was saved while nothing
 * was to do, `burst` calls at most, goes at once. 0: no limit.
 */
export function pace(rate: number, burst = Math.max(1, rate / 10), now: () => number = () => performance.now()): () => number {
  if (rate === 0) return () => 0
  const gap = 1000 / rate
  let due = -Infinity
  return () => {
    const at = now()
    due = Math.max(due + gap, at - (burst - 1) * gap)
    return Math.max(0, due - at)
  }
}

/** Lets `most` pieces of work be under way at a time; the others wait for their turn, in order. */
export function window(most: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = []
  let free = most
  return async work => {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
