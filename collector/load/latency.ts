import { createHistogram } from 'node:perf_hooks'
import type { RecordableHistogram } from 'node:perf_hooks'

/** Milliseconds, to 1 %. */
export interface Latency {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

const slowest = 600e6

/** An HDR histogram of microseconds up to ten minutes: 25 KB however many samples. Node has it built in. */
export const latencyHistogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: slowest, figures: 2 })

/** Counts one latency in milliseconds. */
export function record(histogram: RecordableHistogram, milliseconds: number): void {
  histogram.record(Math.min(slowest, Math.max(1, Math.round(milliseconds * 1000))))
}

export function summarize(histogram: RecordableHistogram): Latency {
  const ms = (micros: number): number => Math.round(micros) / 1000
  if (histogram.count === 0) return { mean: 0, p50: 0, p95: 0, p99: 0, max: 0 }
  // A percentile is the upper end of its bucket, which may lie above the largest sample.
  const percentile = (p: number): number => ms(Math.min(histogram.percentile(p), histogram.max))
  return { mean: ms(histogram.mean), p50: percentile(50), p95: percentile(95), p99: percentile(99), max: ms(histogram.max) }
}
