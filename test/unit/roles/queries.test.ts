import { parser } from '@prometheus-io/lezer-promql'
import { expect, test } from 'vitest'
import { rangePath } from '../../../charts/prometheus.ts'
import { offersOf } from '../../../engine/offer.ts'
import { varsOf } from '../../../engine/run/resolve.ts'
import { boardsOf } from '../../../roles/boards.ts'
import { registry } from '../../../roles/index.ts'
import { metrics } from '../../../roles/offers.ts'
import { byHost } from '../../../roles/shares.ts'
import { fleetOf, hostsNamed } from '../engine/run/folder-session.ts'

const roles = await registry.all()

/** Every role that offers figures, on two Pis each. */
const fleet = fleetOf(registry.names.flatMap(role => hostsNamed([`${role}1`, `${role}2`], [role])))
const offers = offersOf(fleet, roles, varsOf)(metrics)
const boards = boardsOf(offers)
const queries = boards.flatMap(({ title, panels }) =>
  panels.flatMap(panel => panel.curves.map(({ expr }) => ({ board: title, panel: panel.title, expr }))),
)

/** Where a text is no PromQL; undefined: it is. */
function fault(expr: string): number | undefined {
  const cursor = parser.parse(expr).cursor()
  do if (cursor.type.isError) return cursor.from
  while (cursor.next())
  return undefined
}

test('the parser tells what is no PromQL', () => {
  expect(fault('rate(x[5m])')).toBeUndefined()
  expect(fault('rate(x[5m)')).toBeDefined()
  expect(fault('sum by (host (x)')).toBeDefined()
})

test.each(queries)('$board: $panel: $expr', ({ expr }) => {
  expect(fault(expr)).toBeUndefined()
  // As a report of a month asks it.
  const asked = new URL(rangePath(expr, { from: 0, to: 2_592_000, step: 10_800 }), 'http://x').searchParams.get('query') ?? ''
  expect(fault(asked)).toBeUndefined()
})

test('every board of the fleet has something to show', () => {
  expect(boards.map(({ title }) => title)).toEqual(
    expect.arrayContaining(['Temperature', 'Fleet', 'MariaDB', 'Cassandra', 'Kafka', 'Collectors']),
  )
  expect(boards.slice(0, 2).map(({ title }) => title)).toEqual(['Temperature', 'Fleet'])
  expect(new Set(boards.map(({ id }) => id)).size).toBe(boards.length)
})

test('what hosts carry is held against their weights', () => {
  expect(byHost({ a: 10, 'b-2': 30 })).toBe(
    'label_replace(vector(0.2500), "host", "a", "", "") or label_replace(vector(0.7500), "host", "b-2", "", "")',
  )
  for (const board of ['Cassandra', 'Kafka'])
    expect(queries.filter(each => each.board === board && each.expr.includes('vector('))).toHaveLength(1)
})
