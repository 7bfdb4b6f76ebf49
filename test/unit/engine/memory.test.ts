import { expect, test } from 'vitest'
import { budget, describeBudget, mib, totalOf } from '../../../engine/memory.ts'

const MiB = 1024 * 1024
const uses = [
  { role: 'base', parts: { journal: 20 * MiB } },
  { role: 'database', parts: { heap: 200 * MiB, stacks: 50 * MiB } },
]

test('parts and roles are summed', () => {
  expect(totalOf({ role: 'x', parts: {} })).toBe(0)
  expect(budget(928 * MiB, uses)).toEqual({ ram: 928 * MiB, uses, total: 270 * MiB, fits: true })
})

test('fits to the last byte, and not one further', () => {
  expect([270 * MiB, 270 * MiB - 1].map(ram => budget(ram, uses).fits)).toEqual([true, false])
})

test('said in one line, largest first', () => {
  expect(describeBudget(budget(928 * MiB, uses))).toBe('RAM 928 MiB, planned 270 MiB: database 250, base 20')
  expect(mib(1.5 * MiB)).toBe('2 MiB')
  expect(uses.map(({ role }) => role)).toEqual(['base', 'database'])
})
