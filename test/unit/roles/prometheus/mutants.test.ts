import { expect, test } from 'vitest'
import { mutantsOf } from '../../../engines/rule-mutants.ts'

test('a rule is made wrong in each way there is, one at a time', () => {
  const rule = { alert: 'A', expr: 'max by (host, b) (x{c="1"}) == 2 and y{c="1",d!="2"} >= 0.5 * z', for: '5m' }
  expect(mutantsOf(rule).map(({ how, rule: { expr, for: during } }) => [how, expr, during])).toEqual([
    ['not by host', 'max by (b) (x{c="1"}) == 2 and y{c="1",d!="2"} >= 0.5 * z', '5m'],
    ['not by b', 'max by (host) (x{c="1"}) == 2 and y{c="1",d!="2"} >= 0.5 * z', '5m'],
    ['== → !=', 'max by (host, b) (x{c="1"}) != 2 and y{c="1",d!="2"} >= 0.5 * z', '5m'],
    ['2 halved', 'max by (host, b) (x{c="1"}) == 1 and y{c="1",d!="2"} >= 0.5 * z', '5m'],
    ['2 doubled', 'max by (host, b) (x{c="1"}) == 4 and y{c="1",d!="2"} >= 0.5 * z', '5m'],
    ['>= → <', 'max by (host, b) (x{c="1"}) == 2 and y{c="1",d!="2"} < 0.5 * z', '5m'],
    ['0.5 halved', 'max by (host, b) (x{c="1"}) == 2 and y{c="1",d!="2"} >= 0.25 * z', '5m'],
    ['0.5 doubled', 'max by (host, b) (x{c="1"}) == 2 and y{c="1",d!="2"} >= 1 * z', '5m'],
    ['whatever c', 'max by (host, b) (x{}) == 2 and y{d!="2"} >= 0.5 * z', '5m'],
    ['whatever d', 'max by (host, b) (x{c="1"}) == 2 and y{c="1",} >= 0.5 * z', '5m'],
    ['at once', rule.expr, undefined],
  ])
})
