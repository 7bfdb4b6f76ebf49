import { expect, test } from 'vitest'
import { lossOf, readShare } from '../../../../roles/cassandra/loses.ts'

const ring = `Datacenter: dc1
UN  10.0.0.1  90.64 KiB  16      50.0%             11111111-1111-1111-1111-111111111111  rack1
DN  10.0.0.2  ?          16      50.0%             22222222-2222-2222-2222-222222222222  rack1
`
const tables = '{"total_number_of_tables": 40, "temperature": {"tables": {"reading": {"number_of_partitions_estimate": 1500, "x": 1}}}}'
const share = readShare(`${ring}\u001d${tables}`)

test('with one copy, what the dead node owned is lost, by count', () => {
  expect(share.readings).toBe(1500)
  expect(lossOf('10.0.0.2', 1, new Map([['a', share]]))).toEqual([
    'with one copy of each reading, what only that card held is lost: 50.0 % of all, about 1500 readings',
  ])
})

test('with two copies nothing is; who does not answer is named, and nothing is counted without him', () => {
  expect(lossOf('10.0.0.2', 2, new Map([['a', share]]))[0]).toContain('nothing is lost: there are 2 copies')
  expect(
    lossOf(
      '10.0.0.2',
      1,
      new Map([
        ['a', share],
        ['c', undefined],
      ]),
    ),
  ).toEqual(['c does not answer', 'with one copy of each reading, what only that card held is lost: 50.0 % of all'])
  expect(lossOf('10.0.0.2', 1, new Map([['a', undefined]]))[1]).toContain('nobody says how much')
  expect(lossOf('10.0.0.2', 1, new Map())).toEqual(['it was the only node of the ring: all readings in it are lost'])
})
