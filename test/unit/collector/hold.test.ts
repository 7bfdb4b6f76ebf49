import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Backend } from '../../../collector/backends/backend.ts'
import { heldCode, isHeld, yielding } from '../../../collector/hold.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'hold-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a connection is held for the seconds in the file, and no longer than an hour', () => {
  expect(isHeld('mqtt', folder)).toBe(false)
  const file = path.join(folder, 'mqtt')
  writeFileSync(file, '30\n')
  utimesSync(file, 1000, 1000)
  expect([1029, 1031].map(now => isHeld('mqtt', folder, now * 1000))).toEqual([true, false])
  expect(isHeld('awsiot', folder, 1_001_000)).toBe(false)
  writeFileSync(file, '1e9')
  utimesSync(file, 1000, 1000)
  expect([4599, 4601].map(now => isHeld('mqtt', folder, now * 1000))).toEqual([true, false])
  writeFileSync(file, 'soon')
  expect(isHeld('mqtt', folder)).toBe(false)
})

test('a backend neither connects nor sends meanwhile, and its readings wait', async () => {
  let held = false
  const did: string[] = []
  const backend: Backend = {
    maxBatch: 5,
    resolution: 1,
    connect: () => Promise.resolve(void did.push('connect')),
    store: () => Promise.resolve({ duplicates: +did.push('store') * 0 }),
    classify: () => ({ kind: 'refused', code: 'OTHER', message: '' }),
    close: () => Promise.resolve(void did.push('close')),
  }
  const polite = yielding(backend, 'mqtt', () => held)
  await polite.connect()
  await polite.store([])
  held = true
  const told = await polite.store([]).catch((error: unknown) => polite.classify(error))
  expect(told).toMatchObject({ kind: 'transient', code: heldCode })
  await expect(polite.connect()).rejects.toThrow('left to a benchmark')
  await polite.close()
  expect(did).toEqual(['connect', 'store', 'close'])
  expect(polite.classify(new Error('x')).code).toBe('OTHER')
})
