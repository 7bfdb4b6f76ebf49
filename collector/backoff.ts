import type { FailureKind } from './backends/backend.ts'

const first = 250
const longest = 15_000
const slow = 60_000

/**
 * Milliseconds to wait after the n-th failure in a row (from 0): growing, and with jitter, so that a fleet does not come back as one.
 * A refusal needs a person, so it is tried again once a minute: wrong passwords hammered in get hosts blocked.
 */
export function backoff(kind: FailureKind, failures: number, random: () => number = Math.random): number {
  const ceiling = kind === 'refused' ? slow : Math.min(longest, first * 2 ** failures)
  return Math.round(ceiling * (0.5 + random() / 2))
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
