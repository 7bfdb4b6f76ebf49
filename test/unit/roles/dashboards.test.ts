import { expect, test } from 'vitest'
import { offersOf } from '../../../engine/offer.ts'
import { varsOf } from '../../../engine/run/resolve.ts'
import { dashboardsOf } from '../../../roles/dashboards.ts'
import { registry } from '../../../roles/index.ts'
import { metrics } from '../../../roles/offers.ts'
import thermostat from '../../roles/thermostat/index.ts'
import { fleetOf, hostsNamed } from '../engine/run/folder-session.ts'

const roles = await registry.all()

interface Made {
  readonly title: string
  readonly uid: string
  readonly panels: readonly {
    readonly type: string
    readonly title: string
    readonly gridPos: { readonly x: number; readonly w: number }
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly refId: string }[]
  }[]
}
const made = (...names: string[]) => {
  const all = { ...roles, thermostat }
  const offers = offersOf(fleetOf(hostsNamed(['one', 'two'], names)), all, varsOf)(metrics)
  return dashboardsOf('home', offers).map(({ name, json }) => ({ name, made: JSON.parse(json) as Made, json }))
}

test('there is one for each board, however many Pis have it; what is looked at first stands first', () => {
  expect(made('mariadb', 'exporters', 'collector', 'kafka').map(({ name }) => name)).toEqual([
    'home-temperature.json',
    'home-fleet.json',
    'home-mariadb.json',
    'home-collectors.json',
    'home-kafka.json',
  ])
})

test('a role brings its panels itself: one that only tests know has its own', () => {
  const [only] = made('thermostat')
  expect(only?.made).toMatchObject({ title: 'Heating (home)', uid: 'home-heating' })
  expect(
    only?.made.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr, legendFormat }) => [title, expr, legendFormat])),
  ).toEqual([['Degrees it keeps', 'thermostat_degrees', '{{host}}']])
})

test('panels stand two in a row, and their curves have letters', () => {
  const panels = made('collector')[1]?.made.panels.filter(({ type }) => type !== 'row') ?? []
  expect(panels.map(({ gridPos: { x, w } }) => [x, w])).toEqual([0, 12, 0].map(x => [x, 12]))
  expect(panels[0]?.targets?.map(({ refId }) => refId)).toEqual(['A', 'B'])
})

test('the same fleet has the same text, and reads the Prometheus that is chosen', () => {
  expect(made('collector')[0]?.json).toBe(made('collector')[0]?.json)
  expect(made('collector')[0]?.json).toContain('"uid": "${source}"')
})
