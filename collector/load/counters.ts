/** Numbers that the workers write and the main thread reads while they run: no messages in the way of the inserts. */
export class Counters {
  readonly shared: SharedArrayBuffer
  readonly #cells: Int32Array

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.#cells = new Int32Array(shared)
  }

  static forThreads(threads: number): Counters {
    return new Counters(new SharedArrayBuffer(4 * (1 + 2 * threads)))
  }

  get stopped(): boolean {
    return Atomics.load(this.#cells, 0) === 1
  }

  /** Asks all threads to end. */
  stop(): void {
    Atomics.store(this.#cells, 0, 1)
  }

  stored(thread: number, count: number): void {
    Atomics.add(this.#cells, 1 + 2 * thread, count)
  }

  failed(thread: number, count: number): void {
    Atomics.add(this.#cells, 2 + 2 * thread, count)
  }

  /** Sums over all threads. */
  totals(): { stored: number; errors: number } {
    let stored = 0
    let errors = 0
    for (let cell = 1; cell < this.#cells.length; cell += 2) {
      stored += Atomics.load(this.#cells, cell)
      errors += Atomics.load(this.#cells, cell + 1)
    }
    return { stored, errors }
  }
}
