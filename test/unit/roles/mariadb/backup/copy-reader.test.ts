import { crc32 } from '../../../../../roles/crc32.ts'
import { expect, test } from 'vitest'
import { CopyReader } from '../../../../../roles/mariadb/backup/copy-reader.ts'
import { RowsReader } from '../../../../../roles/mariadb/backup/rows-reader.ts'

const number = (value: number, bytes: number) => {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, Math.min(bytes, 6))
  return buffer
}
const path = (text: string) => Buffer.concat([number(Buffer.byteLength(text), 4), Buffer.from(text)])
const chunk = (kind: string, ...rest: Buffer[]) => Buffer.concat([Buffer.from('XBSTCK01\0'), Buffer.from(kind), ...rest])
const payload = (name: string, content: Buffer, at = 0) =>
  chunk('P', path(name), number(content.length, 8), number(at, 8), number(crc32(content, 0), 4), content)
const file = (name: string, content: Buffer) => [payload(name, content), chunk('E', path(name))]

const large = Buffer.alloc(5_000, 'a page')
const copy = Buffer.concat([
  ...file('backup-my.cnf', Buffer.from('[mysqld]\n')),
  payload('temperature/reading.ibd', large),
  ...file('mysql/global_priv.MAD', large),
  payload('temperature/reading.ibd', large.subarray(0, 7), large.length),
  chunk('E', path('temperature/empty.frm')),
  ...file('temperature/late.new', large.subarray(0, 9)),
  chunk('E', path('temperature/reading.ibd')),
  ...file('xtrabackup_info', Buffer.from('lock_time = 0\n')),
])

function read(bytes: Buffer, length = bytes.length, reader = new CopyReader() as CopyReader | RowsReader) {
  for (let from = 0; from < bytes.length; from += length) reader.push(bytes.subarray(from, from + length))
  return reader.end().figures
}

test.each([1, 7, 4000, 1_000_000])('bytes are counted by table, in pieces of %i', length => {
  expect(read(copy, length)).toEqual({ 'temperature.late bytes': 9, 'temperature.reading bytes': 5_007 })
  expect(read(copy, length, new RowsReader())).toEqual({ 'temperature.late bytes': 9, 'temperature.reading bytes': 5_007 })
})

test('a copy that is cut anywhere says so', () => {
  for (let length = 0; length < copy.length; length += 7) expect(() => read(copy.subarray(0, length)), `${length}`).toThrow('cut off')
})

test('a byte that is another one is found', () => {
  for (let at = 0; at < copy.length; at += at < 200 || at > copy.length - 200 ? 1 : 101) {
    // A flag is nobody's, nor is where a piece of a file goes: the sum of all of it stands beside it in the backup.
    const bad = Buffer.from(copy)
    bad[at] = (bad[at] ?? 0) ^ 0x41
    const figures = (() => {
      try {
        return read(bad)
      } catch {
        return 'damaged'
      }
    })()
    if (figures !== 'damaged') expect(figures, `${at}`).toEqual({ 'temperature.late bytes': 9, 'temperature.reading bytes': 5_007 })
  }
})

test('files that are renamed or removed meanwhile are counted as what they are', () => {
  const renamed = Buffer.concat([
    ...file('a/b.ibd', Buffer.alloc(10)),
    ...file('a/gone.ibd', Buffer.alloc(5)),
    chunk('R', path('a/b.ibd'), path('a/c.ibd')),
    chunk('D', path('a/gone.ibd')),
    ...file('mariadb_backup_info', Buffer.from('x')),
  ])
  for (const length of [1, 13, 1000]) expect(read(renamed, length)).toEqual({ 'a.c bytes': 10 })
})

test('rows that are no copy are a dump', () => {
  expect(read(Buffer.from('USE `a`;\nINSERT INTO `b` VALUES\n(1);\n-- Dump completed\n'), 3, new RowsReader())).toEqual({ 'a.b rows': 1 })
  expect(() => read(Buffer.from('x'), 1, new RowsReader())).toThrow('cut off')
})
