import { encoded, latencyHistogram, merged, type Histogram } from './latency.ts'

/** What a load did in one second or so, for who follows it. Histograms are HDR histograms of microseconds, as text. */
export interface LoadSecond {
  /** Seconds since the load began. */
  readonly at: number
  readonly stored: number
  /** Attempts that failed; their readings were sent again. */
  readonly errors: number
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
  readonly errors: number
}

/** What happens now, taken away piece by piece. */
export class Recent {
  #due: Histogram = latencyHistogram()
  #sent: Histogram = latencyHistogram()
  #errors = 0

  stored(count: (due: Histogram, sent: Histogram) => void): void {
    count(this.#due, this.#sent)
  }

  failed(count: number): void {
    this.#errors += count
  }

  take(): Latest {
    const latest = { due: encoded(this.#due), sent: encoded(this.#sent), errors: this.#errors }
    this.#due.reset()
    this.#sent.reset()
    this.#errors = 0
    return latest
  }
}

/** One second of all workers. */
export function secondOf(latest: readonly Latest[], at: number, cpu: number): LoadSecond {
  const due = merged(latest.map(each => each.due))
  const sent = merged(latest.map(each => each.sent))
  return {
    at: Math.round(at * 1000) / 1000,
    stored: due.totalCount,
    errors: latest.reduce((sum, { errors }) => sum + errors, 0),
    cpu: Math.round(cpu * 1000) / 1000,
    due: encoded(due),
    sent: encoded(sent),
  }
}
