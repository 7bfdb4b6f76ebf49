import { UsageError } from '../engine/errors.ts'
import type { Span } from '../roles/offers.ts'

/** Most points of a curve: what a wide screen shows, and a Pi tells in a moment. */
const mostPoints = 300
const lengths = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const
const steps = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]

/**
 * The span of time that ends now, e.g. for `24h`, `90m`, `7d`, `2w`. Its ends are whole steps, so that points of all sources and days lie
 * on the same times. @throws {UsageError} for another text, and for less than ten minutes or more than five years
 */
export function spanOf(since: string, now: Date): Span {
  const [, count = '', unit = ''] = /^(\d{1,7})([mhdw])$/.exec(since) ?? []
  const length = Number(count) * (lengths[unit as keyof typeof lengths] ?? Number.NaN)
  if (count === '' || !(length >= 600) || length > 5 * 366 * lengths.d)
    throw new UsageError(`--since wants a time from 10m to 5 years, not "${since}"`, 'a number and m, h, d or w, e.g. 24h or 7d')
  const step = steps.find(each => length / each <= mostPoints) ?? Math.ceil(length / mostPoints / lengths.d) * lengths.d
  const to = Math.floor(now.getTime() / 1000 / step) * step
  return { from: to - Math.floor(length / step) * step, to, step }
}

/** The times of a span's points. */
export function timesOf({ from, to, step }: Span): readonly number[] {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step)
}
