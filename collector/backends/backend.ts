import type { Reading } from '../reading.ts'

/**
 * What became of an error:
 * - `transient`: the backend is away or busy; the readings stay in the queue and are sent again after a growing pause.
 * - `refused`: the backend is there and will not have us (password, unknown database, no right); tried again slowly, a person must act.
 * - `reading`: this very reading can never be stored (too long, out of range); it goes to the dead-letter file.
 */
export type FailureKind = 'transient' | 'refused' | 'reading'

export interface Failure {
  readonly kind: FailureKind
  /** Short and stable, for metrics and logs, e.g. `ER_ACCESS_DENIED_ERROR`. */
  readonly code: string
  /** One sentence without secrets. */
  readonly message: string
  /** What to do next, where something is known. */
  readonly remedy?: string
}

export interface Stored {
  /** How many of the readings had been stored before: an acknowledgement that was lost on its way. */
  readonly duplicates: number
}

/** What a backend shows of itself to be let in. */
export interface ShownCertificate {
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string
  /** When it was issued or put in place, whichever was later, in seconds since 1970. */
  readonly issued: number
}

/**
 * Somewhere readings are stored; `kind.ts` says what else a backend is made of.
 *
 * Storing is idempotent by (location, date): readings are sent again whenever an acknowledgement may have been lost.
 */
export interface Backend {
  /** The most readings one `store` takes well. */
  readonly maxBatch: number
  /** How many readings that are asked for at the same moment go on their way together, as if asked for in one `store`; absent: one. */
  readonly together?: number
  /** Microseconds: the finest difference between two dates that the backend's key can tell (1 or 1000). */
  readonly resolution: number
  /** With which certificate the last reading was acknowledged; absent: none yet, or it shows none. */
  readonly certificate?: ShownCertificate | undefined
  /** Connects or throws; called again after `close`. */
  connect(): Promise<void>
  /**
   * Resolves when every reading is acknowledged, throws when any may not be. May be called again before it has resolved:
   * as many are then in flight on the connection. It ends within a time limit of its own, also when the network swallows everything.
   */
  store(readings: readonly Reading[]): Promise<Stored>
  /** Says what an error of `connect` or `store` means. */
  classify(error: unknown): Failure
  /** Ends the connection at once, in whatever state it is. Never throws. */
  close(): Promise<void>
}
