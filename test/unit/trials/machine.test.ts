import { expect, test } from 'vitest'
import { atUsual, heldByProcessor, secondsAtUsual, speedDuring } from '../../../trials/machine.ts'
import { trialOf } from './results.ts'

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

test('a machine that is twice as fast stores twice as many, in half the time', () => {
  expect(atUsual(200, 2, 1, 'grows')).toBe(100)
  expect(atUsual(20, 2, 1, 'shrinks')).toBe(40)
})

test('seconds that follow the machine are alike at its usual speed', () => {
  const speeds = [100, 80, 90, 110, 100, 120]
  const at = secondsAtUsual(
    speeds.map(speed => 5 * speed),
    speeds,
    100,
    'grows',
  )
  for (const value of at) expect(value).toBeCloseTo(500, 9)
  expect(meanOf(secondsAtUsual([10, 10, 10], [50, 50, 50], 100, 'shrinks'))).toBeCloseTo(5, 9)
})

test('what a probe says of single seconds does not move the mean', () => {
  // Its error of a fifth, up and down: dividing each second by its own would say 4 % more.
  const speeds = Array.from({ length: 60 }, (_, second) => (second % 2 ? 80 : 120))
  const at = secondsAtUsual(
    speeds.map(() => 500),
    speeds,
    100,
    'grows',
  )
  expect(meanOf(at)).toBeCloseTo(500, 9)
})

test('seconds of which one of the two is not known are left out', () => {
  expect(secondsAtUsual([500, null, 300, 500], [100, 100, null, 100], 100, 'grows')).toEqual([500, 500])
})

test('the speed is known where nearly all of it is, without the warm-up', () => {
  const trial = trialOf('mariadb', 8, [1, 2, 3, 4])
  const having = (machine: readonly (number | null)[]) => ({ ...trial, series: { ...trial.series, machine: [...machine] } })
  expect(speedDuring(trial)).toBeUndefined()
  expect(speedDuring(having([9, 9, 9, 9, 9, 1, 2, 3, 2]))).toBe(2)
  expect(speedDuring(having([9, 9, 9, 9, 9, 1, 2, null, 2]))).toBeUndefined()
})

test('a processor holds a trial back where it is named first', () => {
  const trial = trialOf('mariadb', 8, [1, 2, 3, 4])
  expect(heldByProcessor(trial)).toBe(true)
  const disk = { host: 'mysql', resource: 'disk', figure: '95 % busy' } as const
  expect(heldByProcessor({ ...trial, bottlenecks: [disk, ...trial.bottlenecks] })).toBe(false)
  expect(heldByProcessor({ ...trial, bottlenecks: [] })).toBe(false)
})
