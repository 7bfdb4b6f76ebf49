import { expect, test } from 'vitest'
import { fromStores } from '../../../charts/from-stores.ts'
import { offerKey, offersOf, type OfferedBy } from '../../../engine/offer.ts'
import { varsOf } from '../../../engine/run/resolve.ts'
import { registry } from '../../../roles/index.ts'
import { pastReadings, type Measured, type PastReadings } from '../../../roles/offers.ts'
import { fleetOf, hostsNamed } from '../engine/run/folder-session.ts'

const roles = await registry.all()

const span = { from: 1000, to: 1100, step: 50 }
const producersOnly = offersOf(fleetOf(hostsNamed(['producer1', 'producer2'], ['collector'])), roles, varsOf)
const store = (name: string): PastReadings => ({
  store: name,
  question: () =>
    Promise.resolve({ ask: (_, locations) => locations.join(' '), read: output => JSON.parse(output) as readonly Measured[] }),
})
/** A fleet with these stores on these hosts, beside its producers. */
function withStores(...stores: readonly (readonly [host: string, store: string])[]): OfferedBy {
  return <T>(key: ReturnType<typeof offerKey<T>>) => {
    if (key !== (pastReadings as unknown)) return producersOnly(key)
    return stores.map(([host, name]) => ({ host: { ...hostsNamed([host], [])[0]!, name: host }, role: 'x', value: store(name) as T }))
  }
}

test('each store is a picture with a curve for each location, and its gaps', async () => {
  const told = await fromStores(withStores(['mysql', 'MariaDB on mysql']), span, (_, text) => {
    expect(text).toBe('producer1 producer2')
    return Promise.resolve(
      JSON.stringify([
        {
          location: 'producer2',
          means: [
            [1000, 20],
            [1100, 22],
          ],
        },
        { location: 'producer1', means: [[1050, 30]] },
      ]),
    )
  })
  expect(told).toEqual({
    source: 'MariaDB on mysql',
    notes: [],
    parts: [
      {
        title: 'Temperature',
        pictures: [
          {
            title: 'Readings in MariaDB on mysql',
            unit: 'celsius',
            curves: [
              { name: 'producer1', values: [null, 30, null] },
              { name: 'producer2', values: [20, null, 22] },
            ],
            missing: [],
          },
        ],
      },
    ],
  })
})

test('of a ring the next node is asked where one is silent, and that is told', async () => {
  const asked: string[] = []
  const told = await fromStores(withStores(['one', 'Cassandra'], ['two', 'Cassandra'], ['three', 'Cassandra']), span, ({ name }) => {
    asked.push(name)
    return name === 'one' ? Promise.reject(new Error('no answer')) : Promise.resolve('[]')
  })
  expect(asked).toEqual(['one', 'two'])
  expect(told.notes).toEqual([
    { kind: 'failed', text: 'Cassandra: one could not tell: no answer' },
    { kind: 'missing', text: 'No database has a reading of producer1 in this time.' },
    { kind: 'missing', text: 'No database has a reading of producer2 in this time.' },
  ])
})

test('where no database answers nothing is said of locations', async () => {
  const { notes, parts } = await fromStores(withStores(['mysql', 'MariaDB on mysql']), span, () => Promise.reject(new Error('away')))
  expect(notes).toEqual([{ kind: 'failed', text: 'MariaDB on mysql: mysql could not tell: away' }])
  expect(parts[0]?.pictures[0]?.missing).toEqual(['mysql could not tell: away'])
})
