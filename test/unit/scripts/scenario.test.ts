import { expect, test } from 'vitest'
import type { Fleet } from '../../../engine/inventory/types.ts'
import { producersOf } from '../../../scripts/actions/scenario/agents.ts'

const producer = (name: string, collector: object) => ({
  name,
  address: '10.0.0.9',
  roles: ['collector'],
  vars: { collector: { note: '{sequence}', metricsPort: 9464, ...collector } },
})
const fleet = (...hosts: object[]) => ({ name: 'home', hosts }) as unknown as Fleet
const names = (of: Fleet) =>
  (['mariadb', 'kafka', 'cassandra', 'flink'] as const).map(store => producersOf(of, store).map(({ host }) => host.name))

test('a producer whose backends nobody named is counted in the stores that there are, and in no other', () => {
  expect(names(fleet({ name: 'broker', roles: ['kafka'], vars: {} }, producer('oven', {})))).toEqual([[], ['oven'], [], ['oven']])
})

test('a producer is counted where its backends are, and only where its readings have their numbers', () => {
  const stores = { name: 'all', roles: ['mariadb', 'kafka', 'cassandra'], vars: {} }
  expect(
    names(fleet(stores, producer('oven', { backends: ['mariadb'] }), producer('cellar', { note: 'cold' }), producer('roof', {}))),
  ).toEqual([['oven', 'roof'], ['roof'], ['roof'], ['roof']])
})
