/** How a cable is bad. Absent: it is not. */
export interface WireSettings {
  /** Milliseconds every frame takes, one way. */
  readonly delay?: number
  /** Milliseconds it takes beyond, at most: evenly spread. */
  readonly jitter?: number
  /** Share of frames that are lost, 0 to 1, one independent of the other. */
  readonly loss?: number
  /** Bits a second. */
  readonly bandwidth?: number
}

/** Bytes that may wait for a slow cable whatever its speed, and seconds' worth of it: what comes then is dropped, as a router does. */
const backlog = { bytes: 64 * 1024, seconds: 0.25 }

/** One direction of a cable: takes frames, and gives them back when their time has come, in the order they came. */
export class Wire {
  readonly #frames: { readonly due: number; readonly frame: Buffer }[] = []
  #head = 0
  #free = 0
  #last = 0
  settings: WireSettings
  readonly #random: () => number
  readonly #room: number

  /**
   * @param random numbers from 0 to 1, evenly spread
   * @param room frames it holds at most
   */
  constructor(settings: WireSettings, random: () => number = Math.random, room = 50_000) {
    this.settings = settings
    this.#random = random
    this.#room = room
  }

  /** Takes a frame that came at `now` (milliseconds). */
  push(frame: Buffer, now: number): void {
    const { delay = 0, jitter = 0, loss = 0, bandwidth } = this.settings
    if (loss > 0 && this.#random() < loss) return
    if (this.#frames.length - this.#head >= this.#room) return
    let sent = now
    if (bandwidth !== undefined) {
      const waiting = Math.max(0, this.#free - now)
      if ((waiting / 1000) * bandwidth > 8 * Math.max(backlog.bytes, (backlog.seconds * bandwidth) / 8)) return
      sent = this.#free = Math.max(now, this.#free) + (frame.length * 8000) / bandwidth
    }
    const due = Math.max(this.#last, sent + delay + (jitter > 0 ? this.#random() * jitter : 0))
    this.#last = due
    this.#frames.push({ due, frame })
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
