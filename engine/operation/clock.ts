/** Time, so that a test need not wait for it. */
export interface Clock {
  /** Milliseconds. */
  now(): number
  pause(seconds: number): Promise<void>
}

export const realClock: Clock = { now: () => Date.now(), pause: seconds => new Promise(done => setTimeout(done, seconds * 1000)) }
