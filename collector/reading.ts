/** One measured temperature, as every backend gets it. */
export interface Reading {
  /** Which producer measured, e.g. `producer1`. */
  readonly location: string
  /** When: microseconds since 1970-01-01 UTC, a safe integer. With `location` it is the key: never the same twice. */
  readonly date: number
  /** Degrees Celsius. */
  readonly value: number
  /** Free text, empty for none. */
  readonly note: string
}

/** A reading with its place in the queue of its producer: 1, 2, 3, … without gaps. */
export interface QueuedReading extends Reading {
  readonly sequence: number
}
