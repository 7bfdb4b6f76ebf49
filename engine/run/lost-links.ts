import { setTimeout as pause } from 'node:timers/promises'
import { ConnectionLost, Unreachable } from '../ssh/errors.ts'

const lostLinks = 3

/**
 * Begins work on a host anew after a lost link, three times at most: it boots, or its cable is out. `reconnecting` is told why. Throws what ended the
 * last attempt.
 */
export async function overLostLinks<T>(
  attempt: () => Promise<T>,
  { reconnecting, stop }: { reconnecting(because: string): void; readonly stop?: AbortSignal },
): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      // A host that was there and is not, may be on its way back.
      const lost = error instanceof ConnectionLost || (count > 1 && error instanceof Unreachable)
      if (!lost || count > lostLinks || stop?.aborted) throw error
      reconnecting(error.message)
      await pause(2000 * count, undefined, { ...(stop && { signal: stop }) }).catch(() => {})
      if (stop?.aborted) throw error
    }
  }
}
