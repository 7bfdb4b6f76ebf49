// Parts of hdr-histogram-js: the whole of it brings a compiled twin of each, and a Pi gets one small file.
import { constructorFromBucketSize } from 'hdr-histogram-js/dist/JsHistogramFactory.js'
import { decompress, doDecode } from 'hdr-histogram-js/dist/JsHistogram.encoding.js'

/** Milliseconds, to 1 %. */
export interface Latency {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

const Counts32 = constructorFromBucketSize(32)
export type Histogram = InstanceType<typeof Counts32>

/** Ten minutes, in microseconds. */
const slowest = 600e6

/** An HDR histogram of microseconds up to ten minutes, to two figures: as large however many samples. */
export const latencyHistogram = (): Histogram => new Counts32(1, slowest, 2)

/** Counts the latency of `count` readings, in milliseconds. */
export function record(histogram: Histogram, milliseconds: number, count = 1): void {
  histogram.recordValueWithCount(Math.min(slowest, Math.max(1, Math.round(milliseconds * 1000))), count)
}

/** As text, in the format that all HDR histograms share (V2, deflated, base64). */
export const encoded = (histogram: Histogram): string => histogram.encodeIntoCompressedBase64()

/** All of these in one. @throws where a text is no histogram */
export function merged(texts: readonly string[]): Histogram {
  const all = latencyHistogram()
  for (const text of texts) all.add(doDecode(decompress(new Uint8Array(Buffer.from(text, 'base64'))), 32))
  return all
}

export function summarize(histogram: Histogram): Latency {
  const ms = (micros: number): number => Math.round(micros) / 1000
  if (histogram.totalCount === 0) return { mean: 0, p50: 0, p95: 0, p99: 0, max: 0 }
  // A percentile is the upper end of its bucket, which may lie above the largest sample.
  const percentile = (p: number): number => ms(Math.min(histogram.getValueAtPercentile(p), histogram.maxValue))
  return { mean: ms(histogram.mean), p50: percentile(50), p95: percentile(95), p99: percentile(99), max: ms(histogram.maxValue) }
}
