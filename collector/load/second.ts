import { encoded, latencyHistogram, merged, type Histogram } from './latency.ts'

/** How often what happened, by its code. */
export type Codes = Readonly<Record<string, number>>

/** All of these in one. */
export function sumOfCodes(all: readonly Codes[]): Codes {
  const sum: Record<string, number> = {}
  for (const codes of all) for (const [code, times] of Object.entries(codes)) sum[code] = (sum[code] ?? 0) + times
  return sum
}

/** What a load did in one second or so, for who follows it. Histograms are HDR histograms of microseconds, as text. */
export interface LoadSecond {
  /** Seconds since the load began. */
  readonly at: number
  readonly stored: number
  /** Attempts that failed; their readings were sent again. */
  readonly errors: number
  /** The same, by code. */
  readonly codes: Codes
  /** Seconds of CPU of the load tool. */
  readonly cpu: number
  /** From when a reading was due; without a rate, from when it was sent. */
  readonly due: string
  /** From when it was sent: what a tool says that waits for one answer before it asks again. */
  readonly sent: string
}

/** Latencies of a worker since it was last asked. */
export interface Latest {
  readonly due: string
  readonly sent: string
  readonly codes: Codes
}

/** What happens now, taken away piece by piece. */
export class Recent {
  #due: Histogram = latencyHistogram()
  #sent: Histogram = latencyHistogram()
  #codes: Record<string, number> = {}

  stored(count: (due: Histogram, sent: Histogram) => void): void {
    count(this.#due, this.#sent)
  }

  failed(code: string, count: number): void {
    this.#codes[code] = (this.#codes[code] ?? 0) + count
  }

  take(): Latest {
    const latest = { due: encoded(this.#due), sent: encoded(this.#sent), codes: this.#codes }
    this.#due.reset()
    this.#sent.reset()
    this.#codes = {}
    return latest
  }
}

/** One second of all workers. */
export function secondOf(latest: readonly Latest[], at: number, cpu: number): LoadSecond {
  const due = merged(latest.map(each => each.due))
  const sent = merged(latest.map(each => each.sent))
  const codes = sumOfCodes(latest.map(each => each.codes))
  return {
    at: Math.round(at * 1000) / 1000,
    stored: due.totalCount,
    errors: Object.values(codes).reduce((sum, times) => sum + times, 0),
    codes,
    cpu: Math.round(cpu * 1000) / 1000,
    due: encoded(due),
    sent: encoded(sent),
  }
}
