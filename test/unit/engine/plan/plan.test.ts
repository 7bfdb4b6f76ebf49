import { expect, test } from 'vitest'
import { plan } from '../../../../engine/plan/plan.ts'
import { command, file, inTurn, service, type AnyResource } from '../../../../engine/resources/index.ts'

const conf = file('/etc/app.conf', 'a = 1\n')
const app = service('app', { restartOn: [conf] })
const load = command('load', { unless: 'true', run: 'load', on: [conf] })
const wanted = [conf, app, load].map(resource => ({ role: 'test', resource }))
const asWanted = { mode: '0644', owner: 'root', group: 'root', type: 'regular file', sha256: conf.spec.sha256 }
const running = { loaded: true, active: 'active', unitFile: 'enabled', stale: false }
const observed = (seen: unknown, ...pending: AnyResource[]) => ({
  state: new Map<AnyResource, unknown>([
    [conf, seen],
    [app, running],
    [load, true],
  ]),
  pending: new Set(pending),
  unseen: new Set<string>(),
})
const told = (seen: unknown, ...pending: AnyResource[]) =>
  plan(wanted, observed(seen, ...pending)).items.map(({ name, changes }) => [name, ...changes.map(({ does }) => does)])

test('nothing differs: nothing to do', () => {
  expect(plan(wanted, observed(asWanted))).toEqual({ resources: 3, notes: [], items: [] })
})

test('a change triggers what depends on it, named, and knows who will owe a reaction', () => {
  expect(told(undefined)).toEqual([
    ['file /etc/app.conf', 'create'],
    ['service app', 'restart (/etc/app.conf)'],
    ['command load', 'run (/etc/app.conf)'],
  ])
  expect(plan(wanted, observed(undefined)).items.map(({ reactors }) => reactors)).toEqual([[app, load], [], []])
})

test('a reaction that an earlier run still owes is made up for, and only that one', () => {
  expect(told(asWanted, app)).toEqual([['service app', 'restart (changed by a run that was cut off)']])
  expect(told(undefined, app)[1]).toEqual(['service app', 'restart (/etc/app.conf, changed by a run that was cut off)'])
})

test('an owed restart is not content with the reload that a change of today asks for', () => {
  const unit = service('app', { restartOn: [load], reloadOn: [conf] })
  const first = (before: AnyResource[], ...pending: AnyResource[]) =>
    plan(
      [conf, unit].map(each => ({ role: 'test', resource: each })),
      {
        state: new Map<AnyResource, unknown>([
          [conf, undefined],
          [unit, running],
        ]),
        pending: new Set(pending),
        unseen: new Set(),
      },
      new Set(before),
    ).items[1]?.changes
  expect(first([])).toEqual([{ does: 'reload (/etc/app.conf)' }])
  expect(first([], unit)).toEqual([{ does: 'restart (/etc/app.conf, changed by a run that was cut off)' }])
  expect(first([load], unit)).toEqual([{ does: 'restart (/etc/app.conf, load)' }])
})

test('what this run has changed itself is named when the reaction is still owed', () => {
  const { items } = plan(wanted, observed(asWanted, app), new Set([conf]))
  expect(items.map(({ changes }) => changes)).toEqual([[{ does: 'restart (/etc/app.conf)' }]])
  expect(plan(wanted, observed(asWanted), new Set([conf])).items).toEqual([])
})

test('what is only restarted in turn starts without one', () => {
  const unit = inTurn(app, 'quorum', { only: 'restart' })
  const turnOf = (active: string, resource: AnyResource = unit) =>
    plan(
      [conf, resource].map(each => ({ role: 'test', resource: each })),
      {
        state: new Map<AnyResource, unknown>([
          [conf, undefined],
          [resource, { ...running, active }],
        ]),
        pending: new Set(),
        unseen: new Set(),
      },
    ).items[1]?.turn
  expect([turnOf('inactive'), turnOf('failed'), turnOf('active')]).toEqual([undefined, undefined, 'quorum'])
  expect(turnOf('inactive', inTurn(app, 'ring'))).toBe('ring')
  expect(turnOf('inactive', inTurn(load, 'quorum', { only: 'restart' }))).toBe('quorum')
})

test('the same answer gives the same plan', () => {
  expect(plan(wanted, observed(undefined, load))).toEqual(plan(wanted, observed(undefined, load)))
})
