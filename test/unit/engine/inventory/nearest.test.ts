import fc from 'fast-check'
import { expect, test } from 'vitest'
import { didYouMean, distance, nearest } from '../../../../engine/inventory/nearest.ts'

test.each([
  ['adress', 'address', 1],
  ['hsots', 'hosts', 1],
  ['', 'abc', 3],
  ['same', 'same', 0],
  ['kitten', 'sitting', 3],
])('%s → %s takes %i edits', (from, to, edits) => expect(distance(from, to)).toBe(edits))

test('distance is symmetric, zero only for equal words, and at most the longer word', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const edits = distance(a, b)
      expect(edits).toBe(distance(b, a))
      expect(edits === 0).toBe(a === b)
      expect(edits).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})

test('finds what was meant, and nothing when nothing is near', () => {
  expect(nearest('adress', ['user', 'address', 'port'])).toBe('address')
  expect(nearest('Producer1', ['producer1', 'producer2'])).toBe('producer1')
  expect(nearest('x', ['y', 'z'])).toBeUndefined()
  expect(nearest('banana', ['user', 'address'])).toBeUndefined()
  expect(didYouMean('prot', ['port', 'user'])).toBe('did you mean "port"?')
  expect(didYouMean('banana', ['user'])).toBeUndefined()
})
