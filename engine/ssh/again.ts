import { setTimeout as pause } from 'node:timers/promises'

/** A server that had too many at once closes without a word (MaxStartups): worth another try. */
export class ClosedEarly extends Error {
  override readonly name = 'ClosedEarly'
}

/**
 * Tries again what ended as `ClosedEarly`, four times, after pauses that double and differ from caller to caller: those that were turned
 * away together must not come back together. `wait` takes milliseconds; tests bring their own.
 */
export async function tryAgain<T>(attempt: () => Promise<T>, wait: (milliseconds: number) => Promise<unknown> = pause): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof ClosedEarly) || tries >= 4) throw error instanceof ClosedEarly ? error.cause : error
      await wait(400 * 2 ** tries * (0.5 + Math.random()))
    }
  }
}
