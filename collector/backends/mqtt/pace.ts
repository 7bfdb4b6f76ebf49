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

/** Lets `most` messages be under way at a time; others wait for their turn, in order. A piece of work has so many of them, `most` at most. */
export function window(most: number): <Value>(count: number, work: () => Promise<Value>) => Promise<Value> {
  const waiting: { readonly count: number; readonly begin: () => void }[] = []
  let free = most
  function next(): void {
    for (let first = waiting[0]; first && first.count <= free; first = waiting[0]) {
      free -= first.count
      waiting.shift()
      first.begin()
    }
  }
  return async (count, work) => {
    if (waiting.length === 0 && count <= free) free -= count
    else
      await new Promise<void>(begin => {
        waiting.push({ count, begin })
        next()
      })
    try {
      return await work()
    } finally {
      free += count
      next()
    }
  }
}
