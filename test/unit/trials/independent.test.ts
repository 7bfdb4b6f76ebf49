import { expect, test } from 'vitest'
import { independentIn } from '../../../trials/independent.ts'

test('values that drift are fewer than they are, those that swing are more, and there is a least and a most', () => {
  expect(independentIn([5, 5, 5, 5, 5, 5])).toBe(6)
  expect(independentIn([1, 2, 3])).toBe(3)
  expect(independentIn(Array.from({ length: 60 }, (_, second) => second))).toBeLessThan(4)
  expect(independentIn(Array.from({ length: 60 }, (_, second) => second % 2))).toBe(240)
})

test('where a value is one half of the one before, and new, a third of them is independent', () => {
  // (1 + 0.5) / (1 - 0.5) = 3: the variance of the mean is three times that of as many independent ones.
  let [state, value] = [1, 0]
  const values = Array.from({ length: 20_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    value = value / 2 + state / 2 ** 32 - 0.5
    return value
  })
  expect(independentIn(values) / values.length).toBeGreaterThan(0.28)
  expect(independentIn(values) / values.length).toBeLessThan(0.39)
})
