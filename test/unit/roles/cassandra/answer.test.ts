import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { definesPart, partsOf, rowsOf, whySilent } from '../../../../roles/cassandra/answer.ts'

it('an answer comes back in its parts, also those that say nothing', () => {
  const output = execFileSync('sh', ['-c', `${definesPart}\npart one; echo 1; echo 2; part none; part last; printf x`], {
    encoding: 'utf8',
  })
  expect([...partsOf(output)].slice(1)).toEqual([
    ['one', '1\n2\n'],
    ['none', ''],
    ['last', 'x'],
  ])
})

it('rows are read, what is said beside them is not', () => {
  expect(rowsOf('{"a":1}\nWarnings: none\n\n{"b":[2]}\n')).toEqual([{ a: 1 }, { b: [2] }])
})

it('silence has a reason of one line', () => {
  expect(whySilent(new Error('no route\nto host'))).toBe('no route')
  expect(whySilent('odd')).toBe('odd')
})
