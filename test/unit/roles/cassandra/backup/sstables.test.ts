import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crc32 } from '../../../../../roles/crc32.ts'
import { SstablesReader } from '../../../../../roles/cassandra/backup/sstables.ts'

let at: string
const data = Buffer.alloc(70_000, 'readings')
beforeAll(() => {
  at = mkdtempSync(join(tmpdir(), 'sstables-'))
  mkdirSync(join(at, 'home/reading'), { recursive: true })
  const put = (component: string, content: string | Buffer) => writeFileSync(join(at, 'home/reading', `nb-1-big-${component}`), content)
  put('Data.db', data)
  put('Digest.crc32', String(crc32(data, 0)))
  put('TOC.txt', 'Data.db\nTOC.txt\nDigest.crc32\n')
})
afterAll(() => rmSync(at, { recursive: true, force: true }))

const archive = (...more: string[]) =>
  execFileSync('tar', [
    '-c',
    '--format=gnu',
    '-C',
    at,
    ...more,
    '-f',
    '-',
    './home/reading/nb-1-big-Data.db',
    './home/reading/nb-1-big-Digest.crc32',
    './home/reading/nb-1-big-TOC.txt',
  ])
const read = (bytes: Buffer, piece = 1000) => {
  const reader = new SstablesReader()
  for (let from = 0; from < bytes.length; from += piece) reader.push(bytes.subarray(from, from + piece))
  return reader.end().figures
}

test('the sum is that of ISO 3309', () => {
  expect(crc32(Buffer.from('6789'), crc32(Buffer.from('12345'), 0))).toBe(0xcbf43926)
})

test('an archive is read wherever its pieces end', () => {
  for (const piece of [1, 511, 513, 1_000_000])
    expect(read(archive(), piece)).toEqual({ 'home.reading SSTables': 1, 'home.reading bytes': 70_000 })
})

test('one byte that is another, an end that is missing, a component that is not there: each is told', () => {
  const good = archive()
  const bad = Buffer.from(good)
  bad[5000] = (bad[5000] ?? 0) ^ 1
  expect(() => read(bad)).toThrow('other data than the server wrote')
  expect(() => read(good.subarray(0, 60_000))).toThrow('cut off')
  const head = Buffer.from(good)
  head[3] = 90
  expect(() => read(head)).toThrow('damaged')
  expect(() => read(archive('--transform=s,Digest,Other,'))).toThrow('lacks its Digest.crc32')
})

test('one that came whole from another node has no table of contents, and what each has', () => {
  for (const component of ['Statistics.db', 'Index.db']) writeFileSync(join(at, `home/reading/nb-1-big-${component}`), 'x')
  const streamed = (...components: string[]) =>
    execFileSync('tar', ['-c', '--format=gnu', '-C', at, '-f', '-', ...components.map(each => `./home/reading/nb-1-big-${each}`)])
  expect(read(streamed('Data.db', 'Digest.crc32', 'Index.db', 'Statistics.db'))).toMatchObject({ 'home.reading SSTables': 1 })
  expect(() => read(streamed('Data.db', 'Digest.crc32', 'Index.db'))).toThrow('lacks its Statistics.db')
  expect(() => read(streamed('Data.db', 'Digest.crc32', 'Statistics.db'))).toThrow('lacks its Index.db')
})
