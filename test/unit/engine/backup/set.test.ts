import { expect, test } from 'vitest'
import { began, needless, needlessCut, setId, type BackupSet } from '../../../../engine/backup/set.ts'

const set = (id: string, whole = true): BackupSet => ({
  id,
  fleet: 'home',
  roles: [],
  pieces: [],
  lacks: whole ? [] : [{ host: 'a', role: 'b', why: 'silent' }],
})

test('a name sorts by time, and tells it', () => {
  expect(setId(new Date('2026-01-02T03:04:05.678Z'))).toBe('20260102T030405Z')
  expect(began('20260102T030405Z-2').toISOString()).toBe('2026-01-02T03:04:05.000Z')
})

test('what is older than the complete ones that stay goes; one that lacks a host takes none away', () => {
  const sets = [set('1'), set('2'), set('3', false), set('4'), set('5', false)]
  expect(needless(sets, 2).map(({ id }) => id)).toEqual(['1'])
  expect(needless(sets, 3)).toEqual([])
  expect(needless([set('1', false), set('2', false)], 1)).toEqual([])
  expect(
    needless(sets, 1)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['1', '2', '3'])
})

test('what was cut off goes with them, but not while it may still be taken', () => {
  const names = ['20260101T000000Z', '20260102T000000Z', '20260103T000000Z', '20260104T000000Z'] as const
  const [cut, old, whole, last] = names
  const found = [{ id: cut, cut: true as const }, { id: old }, { id: whole }, { id: last, cut: true as const }]
  const sets = [set(old), set(whole)]
  const later = new Date('2026-02-01')
  expect(needlessCut(found, sets, 1, later)).toEqual([cut])
  expect(needlessCut(found, sets, 2, later)).toEqual([cut])
  expect(needlessCut(found, sets, 3, later)).toEqual([])
  expect(needlessCut(found, sets, 1, new Date('2026-01-02T12:00:00Z'))).toEqual([])
})
