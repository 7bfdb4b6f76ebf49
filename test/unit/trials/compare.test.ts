import { expect, test } from 'vitest'
import { compare, sideOf, welch } from '../../../trials/compare.ts'
import { resultOf, trialOf } from './results.ts'

/** Random numbers that are the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * A run as a store makes it: seconds that follow each other are alike, some are bad, and each run lies a little apart from the others.
 * `spread`: how far, one part in a hundred for 0.01.
 */
function run(seed: number, mean: number, spread = 0.01): readonly number[] {
  const random = seeded(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const level = mean * (1 + spread * normal())
  let drift = 0
  return Array.from({ length: 60 }, () => {
    drift = 0.6 * drift + 0.03 * normal()
    return level * (1 + drift) * (random() < 0.02 ? 0.5 : 1)
  })
}
const side = (seeds: readonly number[], mean: number) => seeds.map(seed => resultOf([trialOf('mariadb', 8, run(seed, mean))]))
const verdict = (a: readonly number[], b: readonly number[], second: number) =>
  compare(side(a, 1000), side(b, second)).find(({ measure }) => measure === 'TPS')?.verdict

test('Welch’s interval, worked out by hand', () => {
  // Means 2 and 5, variances 1 and 20/3: a standard error of √2, and 4.08 degrees of freedom, whose t at 97.5 % is between 2.571 and 2.776.
  const { difference, half } = welch(sideOf([1, 2, 3]), sideOf([2, 4, 6, 8]), 0.05)
  expect(difference).toBe(1.5)
  expect((half * 2) / Math.SQRT2).toBeGreaterThan(2.74)
  expect((half * 2) / Math.SQRT2).toBeLessThan(2.776)
})

test('of 1000 pairs of single runs alike at most one in twenty is called different', () => {
  const wrong = Array.from({ length: 1000 }, (_, pair) => verdict([2 * pair], [2 * pair + 1], 1000)).filter(
    each => each !== 'no difference seen',
  )
  expect(wrong.length).toBeLessThanOrEqual(50)
})

test('a tenth less is found in nine of ten, by single runs and by five of each', () => {
  const single = Array.from({ length: 200 }, (_, pair) => verdict([2 * pair], [2 * pair + 1], 900)).filter(each => each === 'lower')
  expect(single.length).toBeGreaterThanOrEqual(180)
  const several = Array.from({ length: 200 }, (_, pair) =>
    verdict(
      [1, 2, 3, 4, 5].map(run => pair * 10 + run),
      [6, 7, 8, 9, 10].map(run => pair * 10 + run),
      900,
    ),
  )
  expect(several.filter(each => each === 'lower').length).toBeGreaterThanOrEqual(180)
})

test('several runs of each: how far they lie apart is what counts', () => {
  const [first] = compare(side([1, 2, 3], 1000), side([4, 5, 6], 1000))
  expect(first).toMatchObject({ runs: true, values: [3, 3], verdict: 'no difference seen' })
  const [single] = compare(side([1], 1000), side([2], 1000))
  expect(single).toMatchObject({ runs: false })
  // Seconds that follow each other are alike: 60 are not 60.
  for (const count of single?.values ?? []) expect(count).toBeLessThan(60)
})

test('trials are compared with their own only', () => {
  const a = resultOf([trialOf('mariadb', 8, run(1, 1000))])
  expect(compare([a], [resultOf([trialOf('mariadb', 1, run(1, 1000))])])).toEqual([])
  expect(compare([a], [resultOf([trialOf('mariadb', 8, run(1, 1000))], 50)])).toEqual([])
})

test('seconds of which nothing is known are left out', () => {
  const [whole, other] = [1, 2].map(seed => trialOf('mariadb', 8, run(seed, 1000), run(seed + 2, 40)))
  if (!whole || !other) throw new Error('no trials')
  // The first five are of the warm-up.
  const p99 = whole.series.p99.flatMap((value, second) => (second >= 5 && second % 7 === 0 ? [null, value] : [value]))
  const gaps = { ...whole, series: { ...whole.series, p99 } }
  expect(compare([resultOf([gaps])], [resultOf([other])])).toEqual(compare([resultOf([whole])], [resultOf([other])]))
})
