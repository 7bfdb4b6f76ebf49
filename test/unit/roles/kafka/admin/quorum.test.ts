import { expect, test } from 'vitest'
import { present } from '../../../../../roles/kafka/admin/quorum.ts'

const storage = (id: number, directory: string, fetched: number) => ({ id, directory, fetched })

test('a new card’s storage is there, although the former one is a voter still', () => {
  const added = storage(3, 'new', 2000)
  expect(present([storage(1, 'a', 2000), storage(3, 'old', 1000)], [added])).toEqual([added])
})

test('a former storage that was taken out of the quorum is told of for minutes, and is not there', () => {
  const waits = storage(4, 'd', 1990)
  expect(present([storage(1, 'a', 2000), storage(3, 'new', 2000)], [storage(3, 'old', 1000), waits])).toEqual([waits])
  expect(present([storage(1, 'a', 2000)], [storage(3, 'old', 1000), storage(3, 'new', 1900)])).toEqual([storage(3, 'new', 1900)])
})
