import { expect, test } from 'vitest'
import { describeDisk, diskAt, diskBudgets, fullDisks, fullOn, type DiskBudget, type DiskPart } from '../../../engine/disk.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30
const card = { path: '/', mount: '/', size: 29 * GiB, free: 24 * GiB }
const ssd = { path: '/var/lib/store', mount: '/mnt/ssd', size: 200 * GiB, free: 100 * GiB }
const today = new Date('2026-11-25T12:00:00Z')

const only = (parts: Readonly<Record<string, DiskPart>>, there = false, disk = card) =>
  diskBudgets([disk], [{ role: 'store', there, parts }])[0] as DiskBudget

test('a path lies on the file system nearest to it, and a name that only begins alike on none', () => {
  expect(diskAt([card, ssd], '/var/lib/store/data')).toBe(ssd)
  expect(diskAt([card, ssd], '/var/lib/store')).toBe(ssd)
  expect(diskAt([card, ssd], '/var/lib/storehouse')).toBe(card)
  expect(diskAt([], '/')).toBeUndefined()
})

test('parts are summed where they lie: a program on the card, its data on a disk of its own', () => {
  const budgets = diskBudgets(
    [card, ssd],
    [
      { role: 'store', there: false, parts: { program: { now: 200 * MiB }, rows: { at: '/var/lib/store', now: 50 * MiB, perDay: GiB } } },
      { role: 'base', there: false, parts: { journal: { now: 64 * MiB } } },
    ],
  )
  expect(budgets).toMatchObject([
    {
      mount: '/',
      coming: [
        { role: 'store', bytes: 200 * MiB },
        { role: 'base', bytes: 64 * MiB },
      ],
      perDay: 0,
      fits: true,
    },
    { mount: '/mnt/ssd', coming: [{ role: 'store', bytes: 50 * MiB }], perDay: GiB, fits: true },
  ])
  expect(budgets[0]).not.toHaveProperty('days')
  expect(budgets[1]?.days).toBeCloseTo(99.95, 1)
})

test('fits to the last byte, with what must stay free, and not one further', () => {
  const of = (free: number, there = false) => only({ program: { now: 100 }, work: { floor: 10 } }, there, { ...card, free }).fits
  expect([of(110), of(109)]).toEqual([true, false])
  // Of a role that is there nothing comes: a full card must not keep a run from mending it.
  expect(of(0, true)).toBe(true)
})

test('a role that is there takes nothing more, and its growth goes on', () => {
  expect(only({ program: { now: 20 * GiB }, rows: { perDay: GiB } }, true)).toMatchObject({ coming: [], days: 24 })
  expect(only({ program: { now: 20 * GiB }, rows: { perDay: GiB } })).toMatchObject({ days: 4 })
})

test('a retention that has room means never; one that has none, or is not reached, means a day', () => {
  expect(only({ rows: { perDay: GiB, days: 20 } })).not.toHaveProperty('days')
  expect(only({ rows: { perDay: GiB, days: 20 } }, true)).not.toHaveProperty('days')
  // The end lies beyond the card.
  expect(only({ rows: { perDay: GiB, days: 30 } }, true)).toMatchObject({ days: 24 })
  // It would fit the card, and not beside what is there already.
  expect(only({ rows: { perDay: GiB, days: 26 } })).toMatchObject({ days: 24 })
  // What has an end is full beside what has none: 24 − 10 GiB for the other.
  expect(only({ rows: { perDay: GiB, days: 10 }, more: { perDay: 2 * GiB } })).toMatchObject({ days: 7 })
  expect(only({ program: { now: 5 } })).not.toHaveProperty('days')
})

test('a disk that has no room for what it should have is full today', () => {
  expect(only({ program: { now: 30 * GiB }, rows: { perDay: 1 } })).toMatchObject({ fits: false, days: 0 })
})

test('a date is a day, of ten years at most', () => {
  expect(fullOn(4.6, today)).toBe('2026-11-30')
  expect([fullOn(undefined, today), fullOn(5000, today)]).toEqual([undefined, undefined])
})

test('a disk without room is full, told once, whatever lies on it', () => {
  const output = 'disk=30000000 4000 / \ndisk=500 100 /mnt /var/lib/a\ndisk=500 100 /mnt /var/lib/b\ndisk=900000 800000 /ssd /var/lib/c\n'
  expect(fullDisks(output).map(({ mount }) => mount)).toEqual(['/', '/mnt'])
})

test('said in one line', () => {
  expect(describeDisk(only({ program: { now: 300 * MiB }, work: { floor: 64 * MiB }, rows: { perDay: 100 * MiB } }), today)).toBe(
    '/ 29 GiB, 24 GiB free; store takes 300 MiB; 64 MiB must stay free; 100 MiB a day: full on 2027-07-25',
  )
  expect(describeDisk(only({ rows: { perDay: MiB, days: 365 } }, true), today)).toBe(
    '/ 29 GiB, 24 GiB free; 1 MiB a day: not full in ten years',
  )
})

test('of several roles that write, each is told with what it writes a day', () => {
  const [budget] = diskBudgets(
    [{ path: '/', mount: '/', size: 30 * GiB, free: 24 * GiB }],
    [
      { role: 'collector', there: true, parts: { rows: { perDay: MiB } } },
      { role: 'store', there: true, parts: { rows: { perDay: 60 * MiB }, log: { perDay: 39 * MiB } } },
      { role: 'base', there: true, parts: { packages: { now: MiB } } },
    ],
  )
  expect(describeDisk(budget as DiskBudget, today)).toBe(
    '/ 30 GiB, 24 GiB free; 100 MiB a day (store 99 MiB, collector 1 MiB): full on 2027-07-29',
  )
})
