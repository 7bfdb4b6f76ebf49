import { expect, test } from 'vitest'
import { DumpReader } from '../../../../../roles/mariadb/backup/dump-reader.ts'

const dump =
  "USE `temperatur ü`;\nINSERT IGNORE INTO `a``b` VALUES\n('x\\n(y',1),\n(';\\'',2);\nUSE `other`;\nINSERT IGNORE INTO `c` VALUES\n(1);\n\n-- Dump completed\n"

test('rows are counted by table, wherever pieces end', () => {
  for (const length of [1, 2, 7, 1000]) {
    const reader = new DumpReader()
    const bytes = Buffer.from(dump)
    for (let from = 0; from < bytes.length; from += length) reader.push(bytes.subarray(from, from + length))
    expect(reader.end().figures).toEqual({ 'temperatur ü.a``b rows': 2, 'other.c rows': 1 })
  }
})

test('a row that is longer than any name is one row', () => {
  const reader = new DumpReader()
  for (const piece of ['USE `a`;\nINSERT INTO `b` VALUES\n(', `'${'('.repeat(5000)}'`, ');\n-- Dump completed'])
    reader.push(Buffer.from(piece))
  expect(reader.end().figures).toEqual({ 'a.b rows': 1 })
})

test('a dump that is cut anywhere says so', () => {
  const bytes = Buffer.from(dump)
  for (let length = 0; length < bytes.length - 3; length++) {
    const reader = new DumpReader()
    reader.push(bytes.subarray(0, length))
    expect(() => reader.end()).toThrow('cut off')
  }
})
