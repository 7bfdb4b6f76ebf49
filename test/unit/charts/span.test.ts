import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spanOf, timesOf } from '../../../charts/span.ts'

const now = new Date('2026-11-26T04:07:42Z')

test('a day is in points of five minutes, a month in points of three hours; both end at a whole step', () => {
  expect(spanOf('24h', now)).toEqual({ from: Date.UTC(2026, 10, 25, 4, 5) / 1000, to: Date.UTC(2026, 10, 26, 4, 5) / 1000, step: 300 })
  expect(spanOf('30d', now).step).toBe(10_800)
})

test('no span has more points than a screen shows, nor less than twenty', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 5 * 365 * 1440 }), minutes => {
      const span = spanOf(`${minutes}m`, now)
      const times = timesOf(span)
      expect(times.length).toBeGreaterThan(20)
      expect(times.length).toBeLessThanOrEqual(302)
      expect([times[0], times.at(-1)]).toEqual([span.from, span.to])
      expect(span.to).toBeLessThanOrEqual(now.getTime() / 1000)
    }),
  )
})

test.for(['', '5m', '24', '1 h', '-1h', '99y', '2000d', '1e3h', '00000000001d'])('%s is no time before now', since => {
  expect(() => spanOf(since, now)).toThrow('--since wants')
})
