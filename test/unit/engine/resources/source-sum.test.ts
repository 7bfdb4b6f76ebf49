import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { file } from '../../../../engine/resources/file.ts'
import { sumOfSource } from '../../../../engine/resources/source-sum.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'sum-'))
})
afterEach(() => rmSync(at, { recursive: true }))
const sum = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

test.each([0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])('of %i bytes', size => {
  const bytes = randomBytes(size)
  writeFileSync(`${at}/x`, bytes)
  expect(sumOfSource(`${at}/x`)).toBe(sum(bytes))
  expect(file('/x', { source: `${at}/x` }).spec.sha256).toBe(sum(bytes))
})

test('one that did not change is not read again, one that did is', () => {
  const old = new Date('2026-01-01')
  writeFileSync(`${at}/x`, 'one')
  utimesSync(`${at}/x`, old, old)
  expect(sumOfSource(`${at}/x`)).toBe(sum('one'))
  writeFileSync(`${at}/x`, 'two')
  utimesSync(`${at}/x`, old, old)
  // Same size and time: what make and rsync go by, too.
  expect(sumOfSource(`${at}/x`)).toBe(sum('one'))
  writeFileSync(`${at}/x`, 'two')
  expect(sumOfSource(`${at}/x`)).toBe(sum('two'))
})

test('one that is not there is an error', () => expect(() => sumOfSource(`${at}/none`)).toThrow('ENOENT'))
