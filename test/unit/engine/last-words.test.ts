import { expect, test } from 'vitest'
import { lastWords, saidLines } from '../../../engine/last-words.ts'

const java = `error: [2026-11-26] Repair session failed
-- StackTrace --
java.lang.RuntimeException: Repair job has failed
\tat org.apache.cassandra.tools.RepairRunner.run(RepairRunner.java:72)
Caused by: java.io.IOException: no
\tat java.base/java.lang.Thread.run(Thread.java:840)
\t... 3 more
`

test('a program of Java says what it says, not where it was', () => {
  expect(lastWords(java)).toBe('Caused by: java.io.IOException: no')
  expect(saidLines(java)).toHaveLength(4)
  expect(lastWords('tar: cut\n\n')).toBe('tar: cut')
  expect([lastWords(''), lastWords('\tat x(Y.java:1)')]).toEqual(['', ''])
})
