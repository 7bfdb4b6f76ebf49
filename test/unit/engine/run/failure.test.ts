import { expect, test } from 'vitest'
import { Failed, hintFor, toFailure } from '../../../../engine/run/failure.ts'
import { SudoRefused, Unreachable } from '../../../../engine/ssh/errors.ts'

test('a failure keeps all it knows', () => {
  const failure = { message: 'it failed', role: 'base', resource: 'file /x', output: ['last line'], hint: 'mend it' }
  expect(toFailure(new Failed(failure))).toEqual(failure)
})

test('errors with a hint keep it; others are their message, without a stack', () => {
  expect(toFailure(new Unreachable('no route', 'plug it in'))).toEqual({ message: 'no route', hint: 'plug it in' })
  expect(toFailure(new SudoRefused('wrong', 'pi'))).toMatchObject({
    message: 'sudo refused the password of user pi',
    hint: expect.stringContaining('sudoPassword') as unknown,
  })
  expect(toFailure(new Error('plain'))).toEqual({ message: 'plain' })
  expect(toFailure('thrown text')).toEqual({ message: 'thrown text' })
})

test('a defect says that it is one, and where', () => {
  expect(toFailure(new TypeError('x is not a function'))).toMatchObject({
    message: 'x is not a function',
    hint: expect.stringContaining('defect') as unknown,
    output: [expect.stringContaining('failure.test.ts'), expect.anything(), expect.anything()] as unknown,
  })
})

test.for([
  ['cat: write error: No space left on device', 'disk is full'],
  ["E: You don't have enough free space in /var/cache/apt/archives/. not enough free space", 'disk is full'],
  [`ERROR 3 (HY000) at line 1: Error writing file './temperature/db.opt' (Errcode: 28 "No space left on device")`, 'disk is full'],
  ["ERROR 1114 (HY000) at line 2: The table 'reading' is full", 'disk is full'],
  ["Temporary failure resolving 'deb.example'", 'resolve names'],
  ['E: Could not get lock /var/lib/dpkg/lock-frontend', 'another package installation'],
  ['E: Unable to locate package nginxx', 'no such package'],
  ['mkdir: cannot create directory: Read-only file system', 'read-only'],
  ['E: Release file for x is not valid yet (invalid for another 3h)', 'clock is wrong'],
] as const)('%s → %s', ([output, hint]) => {
  expect(hintFor(`first line\n${output}\nlast`)).toContain(hint)
})

test('no hint for what is not known', () => expect(hintFor('Segmentation fault')).toBeUndefined())
