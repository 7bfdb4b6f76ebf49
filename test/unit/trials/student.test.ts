import { expect, test } from 'vitest'
import { quantileOfT } from '../../../trials/student.ts'

// The table of Abramowitz and Stegun, 26.10.
test.each([
  [0.975, 1, 12.706],
  [0.975, 4, 2.776],
  [0.995, 2, 9.925],
  [0.995, 10, 3.169],
  [0.9995, 5, 6.869],
  [0.975, 120, 1.98],
  [0.9, 30, 1.31],
])('t of %d with %d degrees of freedom is %d', (p, freedom, t) => {
  expect(quantileOfT(p, freedom)).toBeCloseTo(t, 3)
  expect(quantileOfT(1 - p, freedom)).toBeCloseTo(-t, 3)
})
