import { expect, test } from 'vitest'
import { notedBeside } from '../../../trials/notes.ts'
import { reportOf } from '../../../trials/picture.ts'
import { resultSchema } from '../../../trials/result.ts'
import { markdownOf, markdownTable, overview } from '../../../trials/tables.ts'
import { resultOf, trialOf } from './results.ts'

const flat = Array.from({ length: 20 }, () => 131)

test('all trials stand in one table, the notes’ figure beside each', () => {
  const both = { ...trialOf('awsiot', 8, flat), broker: '10.0.0.40', by: 'mqtt' }
  const text = markdownOf(resultOf([trialOf('cassandra', 1, flat), both]))
  expect(text).toContain(
    '| cassandra                       | 1 × 1               | 131 | 128   | 7.4    | 42.0   | 0      | mysql CPU 100 % |',
  )
  expect(text).toContain('| awsiot, broker 10.0.0.40 (mqtt) | 1 × 8 in flight     | 131 | 25076 |')
  expect(text).toMatch(/\| mysql +\| +\| 31 % +\| 13\.0 ms +\| 20 % +\| 60 % +\| 121 KiB\/s +\| 51 +\| under-voltage +\|/)
  expect(text).toMatch(/\| hub +\| +\| \? .*\| no route/)
  expect(text).toMatch(/\| mariadb +\| 238 .*\| 2840 +\| one server +\|/)
})

test('what was made several times says which time it is', () => {
  const both = [1, 2].map(round => ({ ...trialOf('mariadb', 8, flat), round }))
  expect(overview(resultOf(both)).rows.map(([name]) => name)).toEqual(['mariadb, round 1', 'mariadb, round 2'])
  expect(markdownOf(resultOf(both))).toContain('\n## mariadb, 8 threads, round 2\n')
  expect(
    reportOf(resultOf(both))
      .parts.map(({ title }) => title)
      .at(-1),
  ).toBe('mariadb, 8 threads, round 2')
})

test('with a rate both loops stand beside each other', () => {
  const { columns, rows } = overview(resultOf([trialOf('mariadb', 1, flat)], 200))
  expect(columns.slice(4, 6)).toEqual(['p99 ms open loop', 'p99 ms closed loop'])
  expect(rows[0]?.slice(4, 6)).toEqual(['42.0', '21.0'])
})

test('the notes’ own figures', () => {
  expect([notedBeside('mariadb', 1, 1), notedBeside('mariadb', 2, 8), notedBeside('kafka', 2, 8)]).toEqual([238, 2840, undefined])
})

test('what failed is told by its code, the most frequent first', () => {
  const trial = trialOf('awsiot', 1, flat)
  const failed = { ...trial, all: { ...trial.all, errors: 5, codes: { ETIMEDOUT: 1, NO_SUBSCRIBER: 4 } } }
  expect(overview(resultOf([failed])).rows[0]?.[6]).toBe('5: 4 NO_SUBSCRIBER, 1 ETIMEDOUT')
})

test('a cell cannot end a table', () => {
  expect(markdownTable(['a'], [['x | y\nz']])).toBe(
    '| a       |\n|---------|\n| x \\| y z |\n'.replace('| a       |\n|---------|', '| a        |\n|----------|'),
  )
})

test('what is written is what is read', () => {
  const result = resultOf([trialOf('mariadb', 8, flat)])
  expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result)
})

test('the page has both tables, and pictures that begin with the warm-up', () => {
  const { parts, notes } = reportOf({ ...resultOf([trialOf('mariadb', 8, flat)]), problems: ['kafka: nothing'] })
  expect(notes).toEqual([{ kind: 'failed', text: 'kafka: nothing' }])
  expect(parts.map(({ title, tables = [], pictures }) => [title, tables.length, pictures.length])).toEqual([
    ['All trials', 1, 0],
    ['mariadb, 8 threads', 1, 7],
  ])
  expect(parts[1]?.pictures[0]).toMatchObject({ from: 1_700_000_000 - 5 })
})
