import { expect, test } from 'vitest'
import type { BackupSet, Keeper, RoleBackup } from '../../../../engine/backup/index.ts'
import { returns, returnText } from '../../../../engine/replace/backups.ts'
import { resumedAt, stepsOf } from '../../../../engine/replace/steps.ts'

const sum = '0'.repeat(64)
const set = (id: string, hosts: readonly string[], lacks: readonly string[] = []): BackupSet => ({
  id,
  fleet: 'home',
  roles: ['store'],
  pieces: hosts.map(host => ({
    host,
    role: 'store',
    name: 'rows',
    taken: '',
    bytes: 1,
    figures: { rows: 7 },
    sum,
    file: 'f',
    stored: 1,
    storedSum: sum,
  })),
  lacks: lacks.map(host => ({ host, role: 'store', why: 'silent' })),
})
const backup: RoleBackup = {
  parts: () => [],
  reader: () => ({ push: () => {}, end: () => ({ figures: {} }) }),
  restores: ({ host }, pieces) => pieces.filter(piece => piece.host === host.name).map(piece => ({ piece, does: 'rows', run: 'true' })),
  whenReplaced: () => true,
}
const keeper = (change: Partial<RoleBackup> = {}): Keeper =>
  ({ host: { name: 'a' }, role: { name: 'store' }, backup: { ...backup, ...change }, of: { host: { name: 'a' } } }) as unknown as Keeper
const now = new Date('2026-01-02T00:00:00Z')

test('what comes back is from the newest backup that has the host; one that was taken since it died has not', () => {
  const sets = [set('20260101T000000Z', ['a', 'b']), set('20260101T120000Z', ['a', 'b']), set('20260101T180000Z', ['b'], ['a'])]
  const [back] = returns([keeper()], sets, now)
  expect(back?.set.id).toBe('20260101T120000Z')
  expect(back && returnText(back, now)).toBe(
    'store: as of the backup 20260101T120000Z, 12 h 0 min ago (rows: 7); what came after it is lost',
  )
})

test('a run that goes on takes the backup it began with, also where a later one has what the empty card had', () => {
  const sets = [set('20260101T000000Z', ['a']), set('20260101T120000Z', ['a'])]
  expect(returns([keeper()], sets, now, { store: '20260101T000000Z' })[0]?.set.id).toBe('20260101T000000Z')
  expect(returns([keeper()], sets, now, {})).toEqual([])
})

test('what others have copies of does not come from a backup', () => {
  expect(returns([keeper({ whenReplaced: () => false })], [set('20260101T000000Z', ['a'])], now)).toEqual([])
})

const states = (of: Parameters<typeof stepsOf>[1]) => stepsOf('a', of).map(({ state }) => state)

test('only what there is to do is a step', () => {
  expect(states({ image: false, returns: [] })).toEqual(['card', 'provision', 'revoke', 'look'])
  expect(
    states({
      image: true,
      returns: returns([keeper({ seeds: () => [{ does: 'numbers', run: 'true' }] })], [set('20260101T000000Z', ['a'])], now),
    }),
  ).toEqual(['image', 'card', 'numbers', 'provision', 'restore', 'revoke', 'look'])
})

test('goes on where it was; another empty card is taken from the beginning', () => {
  const steps = stepsOf('a', { image: true, returns: [] })
  expect(resumedAt({ steps, at: 3 }, 'ours')).toBe(3)
  expect(resumedAt({ steps, at: 3 }, undefined)).toBe(3)
  expect(resumedAt({ steps, at: 3 }, 'empty')).toBe(1)
  expect(resumedAt({ steps, at: 0 }, 'empty')).toBe(0)
})
