import { expect, test } from 'vitest'
import { repeatOf } from '../../../scripts/actions/bench-words.ts'
import { stepsOf } from '../../../trials/run.ts'

test('all trials are made in turn, as often as was asked', () => {
  const plan = { backends: ['mariadb', 'kafka'], threads: [1, 8] }
  expect(stepsOf({ ...plan, repeat: 1 })).toEqual([
    { backend: 'mariadb', threads: 1 },
    { backend: 'mariadb', threads: 8 },
    { backend: 'kafka', threads: 1 },
    { backend: 'kafka', threads: 8 },
  ])
  expect(stepsOf({ ...plan, threads: [1], repeat: 2 })).toEqual([
    { backend: 'mariadb', threads: 1, round: 1 },
    { backend: 'kafka', threads: 1, round: 1 },
    { backend: 'mariadb', threads: 1, round: 2 },
    { backend: 'kafka', threads: 1, round: 2 },
  ])
})

test('how often is a number from 1 to 100', () => {
  expect(repeatOf('8')).toBe(8)
  for (const text of ['0', '101', '1.5', '-1', 'eight', ''])
    expect(() => repeatOf(text)).toThrow('--repeat wants a whole number from 1 to 100')
})
