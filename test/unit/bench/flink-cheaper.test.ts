import { expect, test } from 'vitest'
import { cheaperFrom, mostOfMariadb, ofFlink, ofMariadb } from '../../../bench/flink/cheaper.ts'

const costs = { rest: 6, reading: 100e-6, row: 2e-6 }

test('from the rate at which both spend the same, Flink is cheaper', () => {
  const from = cheaperFrom(costs, 1440) ?? NaN
  expect(ofFlink(costs, from)).toBeCloseTo(ofMariadb(costs, from, 1440))
  expect(ofFlink(costs, 2 * from)).toBeLessThan(ofMariadb(costs, 2 * from, 1440))
})

test('where a reading costs Flink more than all the looks of MariaDB at it, it never is', () => {
  expect(cheaperFrom(costs, 2)).toBeUndefined()
})

test('at the most that MariaDB can do, it spends all of its share each minute', () => {
  expect(ofMariadb(costs, mostOfMariadb(costs, 0.8, 60), 60)).toBeCloseTo(60 * 0.8)
})
