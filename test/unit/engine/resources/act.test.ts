import { expect, test } from 'vitest'
import { act, inTurn, nameOf } from '../../../../engine/resources/index.ts'
import { differs } from './real.ts'

const step = (unless: string) => act('place', { unless, does: 'take a place: seen when it joins', act: async () => {} })

test('a plan says what it does, without doing it', () => {
  expect(differs(step('false'), act('other', { unless: 'true', act: async () => {} }))).toEqual([
    'act place: take a place: seen when it joins',
  ])
})

test('it is done again for a change of what it depends on, and says for which', () => {
  const source = step('false')
  expect(differs(source, act('after', { unless: 'true', does: 'look', on: [source], act: async () => {} })).at(-1)).toBe(
    'act after: look (place)',
  )
})

test('in turn or not, it is the same thing to a plan', () => {
  expect(nameOf(inTurn(step('true'), 'ring'))).toBe('act place')
  expect(inTurn(step('true'), 'ring').turn).toBe('ring')
})
