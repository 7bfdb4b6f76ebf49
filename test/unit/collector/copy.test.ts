import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { copiedText, checkpointText } from '../../../collector/backends/cassandra/copy/command.ts'
import { beginning, partOf, checkpointFile } from '../../../collector/backends/cassandra/copy/checkpoint.ts'
import { copiesOf } from '../../../collector/backends/cassandra/copy/rows.ts'
import type { StoredReading } from '../../../collector/backends/cassandra/copy/rows.ts'

describe('copies', () => {
  const now = Date.UTC(2026, 0, 2, 12)
  /** Stored so many seconds ago, measured at another time. */
  const row = (ago: number, date = Date.UTC(2026, 0, 1, 12) * 1000): StoredReading => ({
    location: 'p',
    date,
    value: 20,
    note: '',
    written: (now - ago * 1000) * 1000,
  })
  const ends = (rows: readonly StoredReading[], retention: number) =>
    copiesOf('k', 'd', rows, retention, now)
      .requests.flat()
      .map(({ params }) => params.slice(-2))

  test('keep when they were written, and for ever where the table does', () => {
    const { requests, expired } = copiesOf('k', 'd', [row(10), row(20, Date.UTC(2026, 0, 2) * 1000)], 0, now)
    expect(requests.map(([{ query, params }]) => [query, params])).toEqual([
      [
        'INSERT INTO "k"."d" (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?',
        ['p', '2026-01-01', new Date('2026-01-01T12:00:00Z'), '', 20, (now - 10_000) * 1000, 0],
      ],
      [expect.any(String), ['p', '2026-01-02', new Date('2026-01-02T00:00:00Z'), '', 20, (now - 20_000) * 1000, 0]],
    ])
    expect(expired).toBe(0)
  })

  test('end when they would have ended; those whose time is over are left out', () => {
    expect(ends([row(0), row(60), row(99), row(100), row(1000)], 100).map(([, ttl]) => ttl)).toEqual([100, 40, 1])
    expect(copiesOf('k', 'd', [row(0), row(100), row(1000)], 100, now).expired).toBe(2)
    // A node whose clock is ahead wrote it.
    expect(ends([row(-50)], 100).map(([, ttl]) => ttl)).toEqual([100])
  })

  test('of nothing are nothing', () => expect(copiesOf('k', 'd', [], 100, now)).toEqual({ requests: [], expired: 0 }))
})

describe('the checkpoint of a copy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'copy-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (what = 'a to b', name = 'checkpoint') => checkpointFile(join(folder, name), what)
  const checkpoint = { token: '-42', rows: 7, expired: 1 }

  test('is found again, and only by the same copy', () => {
    expect(file().read()).toEqual(beginning)
    file().write(checkpoint)
    expect(file().read()).toEqual(checkpoint)
    expect(file('c to d').read()).toEqual(beginning)
    expect(readdirSync(folder)).toEqual(['checkpoint'])
    file().remove()
    expect(file().read()).toEqual(beginning)
  })

  test('half of it is none; where it cannot be kept is told', () => {
    writeFileSync(join(folder, 'half'), '{"what":"a to b","tok')
    expect(file('a to b', 'half').read()).toEqual(beginning)
    expect(() => file('a to b', 'no/where').write(checkpoint)).toThrow('cannot write')
  })

  test('as text', () => {
    expect([beginning.token, '0', String(2n ** 63n - 1n)].map(token => partOf({ ...checkpoint, token }))).toEqual([0, 0.5, 0.999])
    expect(checkpointText({ token: '0', rows: 500, expired: 0 })).toBe('50.0 %  500 rows')
    expect(copiedText({ token: '0', rows: 500, expired: 0 }, 'a to b')).toBe('copied 500 rows of a to b')
    expect(copiedText({ token: '0', rows: 500, expired: 20 }, 'a to b')).toBe(
      'copied 480 rows of a to b; 20 are older than it keeps rows, and were left out',
    )
  })
})
