import { expect, test } from 'vitest'
import { z } from 'zod'
import { collect, join, mergeable, stoppedFirst, type Wanted } from '../../../../engine/plan/desired.ts'
import { apt, command, file, inTurn, nameOf, service, type AnyResource } from '../../../../engine/resources/index.ts'
import { role } from '../../../../engine/role.ts'

const want = (name: string, ...resources: AnyResource[]): Wanted[] => resources.map(resource => ({ role: name, resource }))
const names = (wanted: readonly Wanted[]) => wanted.map(w => `${w.role}: ${nameOf(w.resource)}`)

test('a generator gets each resource back, to name it as a dependency', () => {
  const [conf, unit] = collect(
    (function* () {
      const made = yield file('/etc/app.conf', '')
      yield service('app', { restartOn: [made] })
    })(),
  )
  expect(unit?.on).toEqual([conf])
  expect(unit?.on[0]).toBe(conf)
})

test('what conflicts is stopped, where it can be', () => {
  const part = { vars: z.object({}), memory: () => ({}), *desired() {} }
  const other = role('other', {
    ...part,
    *stopped() {
      yield service('other', { enabled: false, running: false })
    },
  })
  const one = role('one', { ...part, conflicts: ['other', 'unknown', 'plain'] })
  expect(stoppedFirst(one, { one, other, plain: role('plain', part) }).map(nameOf)).toEqual(['service other'])
})

test('the same from two roles counts once; disagreement is an error', () => {
  expect(names(join([...want('a', file('/x', '1'), file('/y', '')), ...want('b', file('/x', '1'))]))).toEqual([
    'a+b: file /x',
    'a: file /y',
  ])
  expect(() => join([...want('a', file('/x', '1')), ...want('b', file('/x', '2'))])).toThrow('roles a and b disagree about file /x')
})

test('who depends on the second of two, depends on the one that stays', () => {
  const [first, second] = [file('/x', ''), file('/x', '')]
  const joined = join([...want('a', first), ...want('b', second, service('app', { restartOn: [second] }))])
  expect(joined[1]?.resource.on).toEqual([first])
  expect(joined[1]?.resource.on[0]).toBe(joined[0]?.resource)
})

test('what either of two depends on, the one that stays depends on and stands behind', () => {
  const [one, two] = [file('/1', ''), file('/2', '')]
  const joined = join([
    ...want('a', one, service('app', { restartOn: [one] }), command('after', { unless: 'true', run: ':' })),
    ...want('b', two, service('app', { restartOn: [two] })),
  ])
  expect(names(joined)).toEqual(['a: file /1', 'a: command after', 'b: file /2', 'a+b: service app'])
  expect(joined[3]?.resource.on).toEqual([one, two])
})

test('packages of all roles become one transaction where the first stands; dependents follow', () => {
  const tool = apt('tool')
  const merged = mergeable([...want('a', apt('base'), file('/x', '')), ...want('b', tool, service('tool', { restartOn: [tool] }))])
  expect(names(merged)).toEqual(['a+b: apt base tool', 'a: file /x', 'b: service tool'])
  expect(merged[2]?.resource.on[0]).toBe(merged[0]?.resource)
})

test('a turn stays with what takes it, also when two roles want the same', () => {
  const joined = join([...want('a', service('app')), ...want('b', inTurn(service('app'), 'app'))])
  expect(joined.map(({ resource }) => resource.turn)).toEqual(['app'])
  const restarts = inTurn(service('app'), 'app', { only: 'restart' })
  expect(join([...want('a', service('app')), ...want('b', restarts)])[0]?.resource.turnOnly).toBe('restart')
  expect(join([...want('a', restarts), ...want('b', inTurn(service('app'), 'app'))])[0]?.resource).not.toHaveProperty('turnOnly')
  expect(mergeable([...want('a', apt('one')), ...want('b', inTurn(apt('two'), 'b'))])).toHaveLength(2)
})

test('nothing to merge leaves everything as it is', () => {
  const wanted = want('a', apt('one'), file('/x', ''))
  expect(mergeable(wanted)).toEqual(wanted)
  expect(mergeable(wanted)[0]?.resource).toBe(wanted[0]?.resource)
})
