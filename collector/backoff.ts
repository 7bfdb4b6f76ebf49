import type { FailureKind } from './backends/backend.ts'

const first = { transient: 250, refused: 2000, reading: 250 }
const longest = { transient: 15_000, refused: 60_000, reading: 15_000 }

/**
 * Milliseconds to wait after the n-th failure in a row (from 0): growing, and with jitter, so that a fleet does not come back as one.
 * A refusal needs a person, so it comes to once a minute; the first tries are closer, for a database that is just being set up.
 */
export function backoff(kind: FailureKind, failures: number, random: () => number = Math.random): number {
  return Math.round(Math.min(longest[kind], first[kind] * 2 ** failures) * (0.5 + random() / 2))
}

/** Resolves after a time, or at once when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done)
  })
}
