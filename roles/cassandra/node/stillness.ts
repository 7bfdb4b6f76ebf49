import type { Clock } from '../../../engine/operation/clock.ts'

/** Tells, of what is looked at again and again, whether nothing has been new for so many seconds. */
export function stillness(clock: Pick<Clock, 'now'>, seconds: number): (seen: string) => boolean {
  let last: string | undefined
  let since = clock.now()
  return seen => {
    if (seen !== last) since = clock.now()
    last = seen
    return clock.now() - since > seconds * 1000
  }
}
