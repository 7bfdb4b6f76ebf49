import { expect, test } from 'vitest'
import { exitCodeMeanings, exitCodeOf, exitCodeOfRun, exitCodes } from '../../../cli/exit-codes.ts'
import { UsageError } from '../../../engine/errors.ts'
import { InventoryError } from '../../../engine/inventory/problem.ts'
import { Locked } from '../../../engine/run/lock.ts'
import { start } from '../scripts/project.ts'

test('each kind of failure has its exit code', () => {
  const codes = [new UsageError('x'), new InventoryError([]), new Locked('somebody', 'wait')].map(({ code }) => exitCodeOf(code))
  expect(codes).toEqual([64, 65, 75])
  expect([exitCodeOf(), exitCodeOf('unreachable'), exitCodeOf('defect')]).toEqual([1, 1, 1])
})

const locked = new Locked('somebody', 'wait').failure
test.for([
  ['nothing failed', [], 0],
  ['all that failed is held by others', [locked, locked], 75],
  ['what waited behind a locked host does not count', [locked, { code: 'behind', message: 'not begun' }], 75],
  ['one failed by itself', [locked, { message: 'the disk is full' }], 1],
  ['a host is not there', [{ code: 'unreachable', message: 'no answer' }], 1],
  ['only what waited is left', [{ code: 'behind', message: 'not begun' }], 1],
] as const)('a run ends with the right code: %s', ([, failures, code]) => expect(exitCodeOfRun(failures)).toBe(code))

test('--help names every exit code', () => {
  const { stdout } = start('provision', ['--help'])
  for (const code of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`^  ${code} `, 'm'))
  expect(exitCodeMeanings.map(([code]) => code)).toEqual(Object.values(exitCodes))
})
