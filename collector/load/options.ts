import type { AnyConfig } from '../backends/kind.ts'

/** What a load run does; cloned to its workers. */
export interface LoadOptions {
  readonly backend: AnyConfig
  readonly password: string
  /** Connections, each with `inflight` inserts at a time. */
  readonly threads: number
  readonly inflight: number
  /** Milliseconds. */
  readonly duration: number
  /** Readings a second of all threads together; as fast as it goes without. */
  readonly rate: number | undefined
  readonly location: string
  readonly note: string
  readonly sensor: string
  /** Tells each second what was stored meanwhile. */
  readonly bySecond: boolean
}

/** Deals thread numbers out to workers: thread i goes to worker i modulo `workers`. */
export function deal(threads: number, workers: number): number[][] {
  return Array.from({ length: workers }, (_, worker) =>
    Array.from({ length: Math.ceil((threads - worker) / workers) }, (_, turn) => worker + turn * workers),
  )
}
