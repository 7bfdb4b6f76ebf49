import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { levelOf, limitsOf, strictest, type Level } from '../../../../../roles/kafka/guard/level.ts'

const limits = limitsOf(100)

describe('what a broker asks for', () => {
  it('is less where less is free', () => {
    expect([300, 199, 99].map(free => levelOf(free, limits, 0))).toEqual([0, 1, 2])
  })

  it('stays until clearly more is free', () => {
    expect([110, 124, 126].map(free => levelOf(free, limits, 2))).toEqual([2, 2, 1])
    expect([210, 249, 251].map(free => levelOf(free, limits, 1))).toEqual([1, 1, 0])
    expect(levelOf(300, limits, 2)).toBe(0)
  })

  it('settles: what was decided is decided again, whatever was before', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.constantFrom<Level>(0, 1, 2), (free, before) => {
        const level = levelOf(free, limits, before)
        expect(levelOf(free, limits, level)).toBe(level)
      }),
    )
  })

  it('is in force for all, the strictest of them', () => {
    expect(strictest(new Map())).toBe(0)
    expect(
      strictest(
        new Map([
          [1, 0],
          [2, 2],
          [3, 1],
        ]),
      ),
    ).toBe(2)
  })
})
