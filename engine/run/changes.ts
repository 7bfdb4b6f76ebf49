/** Lets those wait who wait for something to change. Who waits looks again by itself. */
export class Changes {
  readonly #waiting = new Set<() => void>()

  /** Something has changed: all that wait go on. */
  tell(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  /** Waits until something changes, or `stop` comes. */
  next(stop?: AbortSignal): Promise<void> {
    return new Promise(done => {
      const wake = () => {
        this.#waiting.delete(wake)
        stop?.removeEventListener('abort', wake)
        done()
      }
      this.#waiting.add(wake)
      stop?.addEventListener('abort', wake)
    })
  }
}
