import { expect, test } from 'vitest'
import { leavers, type Leaving, type LoginsSeen } from '../../../../roles/mariadb/leaving.ts'

const spec: Leaving = {
  shared: 'collector',
  who: 'producer',
  prefix: 'collector-',
  target: 'temperature.own_reading',
  heirs: [
    { user: 'collector-pi1', host: '10.0.0.1' },
    { user: 'collector-pi2', host: 'pi2.local' },
  ],
}
const seen = (
  connected: readonly string[],
  addresses: LoginsSeen['addresses'] = new Map([['pi2.local', ['10.0.0.2', 'fd00::2']]]),
): LoginsSeen => ({
  logins: ['10.0.0.1', '10.0.0.2', 'fd00::2', '10.0.0.3'].map(host => ({ user: 'collector', host })),
  connected: new Set(connected),
  targets: new Map(),
  addresses,
})
const going = (of: LoginsSeen): readonly string[] => leavers(spec, of).map(({ user, host }) => `${user}@${host}`)

test('the shared account goes from each place when its producer has come with its own, and from where none comes', () => {
  expect(going(seen([]))).toEqual(['collector@10.0.0.3'])
  expect(going(seen(['collector-pi2', 'root']))).toEqual(['collector@10.0.0.2', 'collector@fd00::2', 'collector@10.0.0.3'])
  expect(going(seen(['collector-pi1', 'collector-pi2']))).toHaveLength(4)
})

test('silence is no consent: of a producer whose name cannot be resolved, any place may be its own', () => {
  expect(going(seen([], new Map()))).toEqual([])
  expect(going(seen(['collector-pi1', 'collector-pi2'], new Map()))).toEqual(['collector@10.0.0.1'])
})

test('two producers behind one address both have to have come', () => {
  const both = { ...spec, heirs: [...spec.heirs, { user: 'collector-pi3', host: '10.0.0.1' }] }
  expect(leavers(both, seen(['collector-pi1'])).map(({ host }) => host)).not.toContain('10.0.0.1')
})

test('the account of jobs goes once no host may have them at work: it is known by the tables that begin as theirs', () => {
  const user = 'job-pi1'
  const of = (heirs: Leaving['heirs'], table = 'temperature.reading_minute') =>
    leavers(
      { who: 'job', prefix: 'job-', target: 'temperature.reading_*', heirs },
      { ...seen([]), logins: [{ user, host: '10.0.0.1' }], targets: new Map([[`${user}@10.0.0.1`, new Set([table])]]) },
    )
  expect(of([{ user, host: '10.0.0.1' }])).toEqual([])
  expect(of([])).toEqual([{ user, host: '10.0.0.1', because: 'no job of the inventory' }])
  expect(of([], 'temperature.readings')).toEqual([])
})

test('an account that may do something else is somebody’s own, whatever its name', () => {
  const logins = ['collector-gone', 'collector-backup', 'collector-new'].map(user => ({ user, host: '%' }))
  const targets = new Map([
    ['collector-gone@%', new Set(['temperature.own_reading'])],
    ['collector-backup@%', new Set(['temperature.own_reading', 'temperature.*'])],
  ])
  expect(leavers(spec, { logins, connected: new Set(), targets, addresses: new Map([['pi2.local', ['10.0.0.2']]]) })).toEqual([
    { user: 'collector-gone', host: '%', because: 'no producer of the inventory' },
  ])
})
