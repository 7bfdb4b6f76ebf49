import { expect, test } from 'vitest'
import { restores } from '../../../../roles/kafka/admin/restores.ts'

const topic = {
  name: 'temperature',
  id: 'x',
  places: [
    [1, 2],
    [2, 3],
    [3, 1],
  ],
  configs: { 'retention.ms': '1000' },
} as const
const rule = { user: 'a', operation: 'read', resource: 'topic', name: 'temperature' } as const

test('what is there stays, and nothing is done twice', () => {
  expect(restores({ topics: [topic], rules: [rule] }, { brokers: [1, 2, 3], topics: ['temperature'], rules: [rule] })).toEqual([])
})

test('a topic comes back where it was, with what was set for it; rules that are missing, too', () => {
  expect(restores({ topics: [topic], rules: [rule] }, { brokers: [1, 2, 3], topics: ['other'], rules: [] })).toEqual([
    { makeTopic: 'temperature', places: topic.places, configs: topic.configs },
    { allow: [rule] },
  ])
})

test('with other brokers each partition has as many copies as there can be, no two on one', () => {
  const [change] = restores({ topics: [topic], rules: [] }, { brokers: [3, 4], topics: [], rules: [] })
  expect(change).toMatchObject({
    places: [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
  })
  const [one] = restores({ topics: [topic], rules: [] }, { brokers: [9], topics: [], rules: [] })
  expect(one).toMatchObject({ places: [[9], [9], [9]] })
})
