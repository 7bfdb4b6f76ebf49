import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Queue } from '../../../collector/queue/queue.ts'
import type { BackupOf, Piece } from '../../../engine/backup/index.ts'
import { collectorBackup, nextNumber } from '../../../roles/collector/backup.ts'
import type { CollectorVars } from '../../../roles/collector/vars.ts'
import { bash } from '../engine/bash.ts'

const folder = mkdtempSync(join(tmpdir(), 'numbers-'))
afterAll(() => rmSync(folder, { recursive: true }))
const piece = {
  host: 'producer1',
  role: 'collector',
  name: 'number',
  taken: '2026-01-01T00:00:00Z',
  bytes: 1,
  figures: { last: 5000 },
} as Piece
const of = { host: { name: 'producer1' }, vars: { interval: 1000 } } as unknown as BackupOf<CollectorVars>
const now = new Date('2026-01-01T01:00:00Z')

test('no number that the former card may have given is given again', () => {
  expect(nextNumber(piece, 1000, now)).toBe(5000 + 3600 + 1000)
  expect(nextNumber(piece, 1000, new Date('2025-01-01'))).toBe(6000)
})

test('what the agent says of its queue is read; a queue that never had a reading has none', () => {
  const read = (text: string) => {
    const reader = collectorBackup.reader('number')
    reader.push(Buffer.from(text))
    return reader.end().figures
  }
  expect(read('{"directory":"/q","segments":1,"bytes":9,"first":4990,"last":5000,"backends":[]}\n')).toEqual({ last: 5000 })
  expect(read('{"directory":"/q","segments":0,"bytes":0,"backends":[]}\n')).toEqual({ last: 0 })
  expect(() => read('{"directory"')).toThrow()
})

test('the agent’s own queue goes on from there, and tells nobody of lost readings; one that has begun is left alone', () => {
  const [seed] = collectorBackup.seeds?.(of, [piece], now) ?? []
  const run = (seed?.run ?? '').replaceAll('/var/lib/private', folder)
  expect(collectorBackup.seeds?.(of, [{ ...piece, host: 'producer2' }], now)).toEqual([])
  expect(bash(run)).toMatchObject({ code: 0 })
  const directory = join(folder, 'collector/queue')
  const dropped: unknown[] = []
  const queue = new Queue({ directory, backends: ['mariadb'], onDropped: (...what: unknown[]) => void dropped.push(what) })
  expect(queue.append({ location: 'producer1', date: 1, value: 1, note: '' }).sequence).toBe(9600)
  expect(
    queue.readers
      .get('mariadb')
      ?.take(10)
      .map(({ sequence }) => sequence),
  ).toEqual([9600])
  expect(queue.readers.get('mariadb')?.length).toBe(1)
  queue.abandon()
  const files = readdirSync(directory)
  expect(bash(run.replace('0000000000009600', '0000000000099999'))).toMatchObject({ code: 0 })
  expect(readdirSync(directory)).toEqual(files)
  expect(dropped).toEqual([])
})
