import { expect, test } from 'vitest'
import { stateHasObjects } from '../../../stacks/state.ts'

test('a state tells whether anything is left; what was only looked up does not count', () => {
  expect(stateHasObjects('{"version":4,"resources":[]}')).toBe(false)
  expect(stateHasObjects('{"version":4}')).toBe(false)
  expect(stateHasObjects('{"resources":[{"mode":"data"}]}')).toBe(false)
  expect(stateHasObjects('{"resources":[{"mode":"data"},{"mode":"managed"}]}')).toBe(true)
  expect(() => stateHasObjects('')).toThrow()
})
