import { setTimeout as sleep } from 'node:timers/promises'
import { isRefusal } from './refusal.ts'

/** Milliseconds that refusals are waited out: a node that starts knows no roles yet; one that just got its copy of them to hold may not have it. */
const withRefusals = 60_000
const pause = 1000

export interface Patience {
  /** Milliseconds since 1970. */
  readonly until: number
  /** Errors that may pass by themselves; default: all. */
  mayPass?(error: unknown): boolean
}

/** Tries again after each error that may pass, until it is time to give up. @throws the last error */
export async function patiently<Value>(attempt: () => Promise<Value>, { until, mayPass = () => true }: Patience): Promise<Value> {
  let refused: number | undefined
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const now = Date.now()
      refused = isRefusal(error) ? (refused ?? now) : undefined
      if (!mayPass(error) || now >= until || (refused !== undefined && now - refused > withRefusals)) throw error
      await sleep(pause)
    }
  }
}
