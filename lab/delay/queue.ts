/** Holds frames for a fixed time and gives them back in the order they came. */
export class DelayQueue {
  readonly #frames: { readonly due: number; readonly frame: Buffer }[] = []
  #head = 0
  readonly #delay: number
  readonly #room: number

  /**
   * @param delay milliseconds
   * @param room frames it holds at most; more are dropped, as a router does
   */
  constructor(delay: number, room = 50_000) {
    this.#delay = delay
    this.#room = room
  }

  /** Takes a frame that came at `now` (milliseconds). */
  push(frame: Buffer, now: number): void {
    if (this.#frames.length - this.#head < this.#room) this.#frames.push({ due: now + this.#delay, frame })
  }

  /** Removes and returns the frames whose time has come. */
  due(now: number): Buffer[] {
    const from = this.#head
    while ((this.#frames[this.#head]?.due ?? Infinity) <= now) this.#head++
    const out = this.#frames.slice(from, this.#head).map(({ frame }) => frame)
    // Cut off what was sent only now and then: cutting an array is the dear part.
    if (this.#head > 1024) {
      this.#frames.splice(0, this.#head)
      this.#head = 0
    }
    return out
  }

  /** Milliseconds until the next frame is due; undefined when there is none. */
  wait(now: number): number | undefined {
    const next = this.#frames[this.#head]
    return next && Math.max(0, next.due - now)
  }
}
