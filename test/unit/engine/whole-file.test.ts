import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeNew, writeWhole } from '../../../engine/whole-file.ts'

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'whole-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('a file is replaced as a whole, with the permissions it is to have', () => {
  const file = path.join(folder(), 'a')
  writeFileSync(file, 'old')
  chmodSync(file, 0o644)
  writeWhole(file, 'new', { mode: 0o600 })
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(path.dirname(file))).toEqual(['a'])
})

test('what goes wrong before its place is taken leaves the old file, and nothing else', () => {
  const file = path.join(folder(), 'a')
  writeFileSync(file, 'old')
  const before = () => {
    expect(readdirSync(path.dirname(file))).toHaveLength(2)
    throw new Error('another went ahead')
  }
  expect(() => writeWhole(file, 'new', { before })).toThrow('another went ahead')
  expect(readFileSync(file, 'utf8')).toBe('old')
  expect(readdirSync(path.dirname(file))).toEqual(['a'])
})

test('a file that is there is not written as new', () => {
  const file = path.join(folder(), 'a')
  writeNew(file, 'first')
  expect(() => writeNew(file, 'second')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  expect(readFileSync(file, 'utf8')).toBe('first')
  expect(readdirSync(path.dirname(file))).toEqual(['a'])
})

test('what an earlier process of this number left behind does not stand in the way', () => {
  const file = path.join(folder(), 'a')
  writeFileSync(`${file}.${process.pid}.tmp`, 'left')
  writeWhole(file, 'new')
  expect(readdirSync(path.dirname(file))).toEqual(['a'])
})
