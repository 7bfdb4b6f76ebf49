import { expect, test } from 'vitest'
import { Failed, toFailure } from '../../../engine/errors.ts'
import { SudoRefused, Unreachable } from '../../../engine/ssh/errors.ts'

test('a failure keeps all it knows', () => {
  const failure = { message: 'it failed', role: 'base', resource: 'file /x', output: ['last line'], hint: 'mend it' }
  expect(toFailure(new Failed(failure))).toEqual(failure)
})

test('errors of this program say what to do; others are their message, without a stack', () => {
  expect(toFailure(new Unreachable('no route', 'plug it in'))).toEqual({ code: 'unreachable', message: 'no route', hint: 'plug it in' })
  expect(toFailure(new SudoRefused('wrong', 'pi'))).toMatchObject({
    message: 'sudo refused the password of user pi',
    hint: expect.stringContaining('sudoPassword') as unknown,
  })
  expect(toFailure(new Error('plain'))).toEqual({ message: 'plain' })
  expect(toFailure('thrown text')).toEqual({ message: 'thrown text' })
})

test('a defect says that it is one, and where', () => {
  expect(toFailure(new TypeError('x is not a function'))).toMatchObject({
    code: 'defect',
    message: 'x is not a function',
    hint: expect.stringContaining('defect') as unknown,
    output: [expect.stringContaining('errors.test.ts'), expect.anything(), expect.anything(), expect.anything()] as unknown,
  })
})

test('an error of the system is no defect', () => {
  expect(toFailure(Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' }))).toEqual({ message: 'fetch failed' })
})

test('a failure says what kind it is and where it is', () => {
  expect(new Failed({ message: 'x' })).toMatchObject({ code: 'failed', output: [], hint: undefined })
  expect(new Failed({ message: 'x', role: 'base', resource: 'file /x', output: ['y'] })).toMatchObject({
    failure: { role: 'base', resource: 'file /x' },
    output: ['y'],
  })
})
