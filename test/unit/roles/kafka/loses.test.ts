import { expect, test } from 'vitest'
import { lossOf } from '../../../../roles/kafka/loses.ts'

const said = (...replicas: readonly (readonly number[])[]) =>
  JSON.stringify({ brokers: [], topics: [{ name: 'temperature', partitions: replicas.map((each, index) => ({ index, replicas: each })) }] })

test('partitions with no copy elsewhere are lost, by count', () => {
  expect(lossOf(1, said([1, 2], [2, 3], [3, 1]))).toBe(
    'nothing is lost: others have copies of all 2 partitions it held, and it takes them again',
  )
  expect(lossOf(1, said([1], [2], [1, 2]))).toBe('1 of the 2 partitions it held had no other copy: what readings were in them is lost')
  expect(lossOf(1, undefined)).toContain('nobody says how much')
})
