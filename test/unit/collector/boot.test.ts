import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bootOf, readGiven, writeGiven } from '../../../collector/queue/boot.ts'
import type { GivenDates } from '../../../collector/dates.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'boot-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const given = (to: number): GivenDates => ({ boot: bootOf(), current: { from: 1000, to }, others: [{ from: 5, to: 7 }] })
const file = (): string => join(directory, 'boot')

test('what is written is read, and the file keeps its size and its place on the disk', () => {
  expect(readGiven(directory)).toEqual({ given: undefined, floor: 0 })
  expect(writeGiven(directory, given(2000))).toBe(true)
  const { size, ino } = statSync(file())
  for (let to = 3000; to < 9000; to += 1000) {
    expect(writeGiven(directory, given(to))).toBe(true)
    expect(readGiven(directory).given).toEqual(given(to))
  }
  expect(statSync(file())).toMatchObject({ size, ino })
})

test('a write that the power cut tears leaves what was written before', () => {
  writeGiven(directory, given(2000))
  const before = readFileSync(file())
  writeGiven(directory, given(3000))
  const after = readFileSync(file())
  for (let cut = 0; cut <= after.length; cut += 13) {
    writeFileSync(file(), Buffer.concat([after.subarray(0, cut), before.subarray(cut)]))
    expect([2000, 3000]).toContain(readGiven(directory).given?.current.to)
  }
})

test('a file of an earlier version says up to when dates were given; a damaged one says nothing', () => {
  writeFileSync(file(), '01234567-89ab-cdef-0123-456789abcdef\n1700000000000000\n')
  expect(readGiven(directory)).toEqual({ given: undefined, floor: 1_700_000_000_000_000 })
  expect(writeGiven(directory, given(2000))).toBe(true)
  expect(readGiven(directory)).toEqual({ given: given(2000), floor: 0 })
  writeFileSync(file(), '\u0000'.repeat(2048))
  expect(readGiven(directory)).toEqual({ given: undefined, floor: 0 })
})

test('as many spans as are ever kept fit in', () => {
  const many: GivenDates = {
    boot: bootOf(),
    current: { from: 2e15, to: 2e15 + 1 },
    others: Array.from({ length: 8 }, (_, i) => ({ from: 2e15 + i * 1e12, to: 2e15 + i * 1e12 + 1 })),
  }
  expect(writeGiven(directory, many)).toBe(true)
  expect(readGiven(directory).given).toEqual(many)
})
