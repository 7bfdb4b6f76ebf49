import { describe, expect, test } from 'vitest'
import { seeded } from '../../../lab/scenario/random.ts'
import { compare, sideOf, welch } from '../../../trials/compare.ts'
import type { Result } from '../../../trials/result.ts'
import { resultOf, trialOf } from './results.ts'

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

describe('on virtual Pis, whose machine is not always as fast', () => {
  type Machine = (second: number) => number
  /** The machine makes the store as much faster; `bottleneck`: what was full. */
  const made = (seed: number, mean: number, machine: Machine, resource: 'CPU' | 'disk' = 'CPU', rate: number | null = null) => {
    const trial = trialOf(
      'mariadb',
      8,
      run(seed, mean, 0).map((tps, second) => (resource === 'CPU' ? tps * machine(second) : tps)),
    )
    const speeds = trial.series.tps.map((_, second) => 1000 * machine(second - trial.series.measured))
    const bottlenecks = [{ host: 'mysql', resource, figure: '95 %' }]
    return resultOf([{ ...trial, bottlenecks, series: { ...trial.series, machine: speeds } }], rate)
  }
  const tps = (...[a, b]: readonly [Result, Result]) => compare([a], [b]).find(({ measure }) => measure === 'TPS')
  const slower: Machine = second => (second % 12 < 4 ? 0.6 : 1)
  const usual: Machine = () => 1

  test('a machine that others slow down makes no difference', () => {
    const seen = Array.from({ length: 200 }, (_, pair) => tps(made(2 * pair, 1000, usual), made(2 * pair + 1, 1000, slower)))
    expect(seen.filter(each => each?.verdict !== 'no difference seen').length).toBeLessThanOrEqual(10)
    expect(seen[0]?.machine).toBeCloseTo(-0.13, 1)
  })

  test('nor does it hide one', () => {
    const seen = Array.from({ length: 200 }, (_, pair) => tps(made(2 * pair, 1000, slower), made(2 * pair + 1, 870, usual)))
    expect(seen.filter(each => each?.verdict === 'lower').length).toBeGreaterThanOrEqual(180)
  })

  test('what no processor held back, and what had a rate, is compared as it is', () => {
    const disk = tps(made(1, 1000, usual, 'disk'), made(1, 1000, slower, 'disk'))
    expect(disk).toMatchObject({ difference: 0, verdict: 'no difference seen' })
    expect(disk).not.toHaveProperty('machine')
    expect(tps(made(1, 1000, usual, 'CPU', 50), made(1, 1000, slower, 'CPU', 50))).not.toHaveProperty('machine')
  })

  test('of several runs each is taken at its own speed', () => {
    const several = (machine: Machine) => [1, 2, 3].map(seed => made(seed, 1000, machine))
    const [found] = compare(
      several(usual),
      several(() => 0.8),
    )
    expect(found?.runs).toBe(true)
    expect(found?.difference).toBeCloseTo(0, 6)
    expect(found?.machine).toBeCloseTo(-0.2, 6)
  })
})

test('runs of one file are several runs', () => {
  const file = (seeds: readonly number[]) =>
    resultOf(seeds.map((seed, index) => ({ ...trialOf('mariadb', 8, run(seed, 1000)), round: index + 1 })))
  expect(compare([file([1, 2, 3])], [file([4, 5, 6])])[0]).toMatchObject({ runs: true, values: [3, 3] })
})
