import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { failedBefore, failedFile, rememberFailed } from '../../../../engine/run/failed-before.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'failed-'))
})
afterEach(() => rmSync(at, { recursive: true }))
const ended = (results: Readonly<Record<string, 'failed' | 'changed' | 'unchanged'>>) =>
  rememberFailed(`${at}/pi.yaml`, new Map(Object.entries(results).map(([name, status]) => [name, { status }])))
const failed = () => [...failedBefore(`${at}/pi.yaml`)]

test('a host is remembered until it ends well; a run on others does not forget it', () => {
  ended({ a: 'failed', b: 'changed', c: 'failed' })
  expect(failed()).toEqual(['a', 'c'])
  ended({ b: 'failed', c: 'unchanged' })
  expect(failed()).toEqual(['a', 'b'])
  ended({ a: 'changed', b: 'changed' })
  expect([failed(), readdirSync(at)]).toEqual([[], []])
})

test('what belongs to a cluster counts for the host that spoke for it', () => {
  rememberFailed(
    `${at}/pi.yaml`,
    new Map(Object.entries({ a: { status: 'changed' }, 'cluster of shop': { status: 'failed', spokenBy: 'a' } })),
  )
  expect(failed()).toEqual(['a'])
})

test('a run that is as before writes nothing, and a file nobody can read remembers nobody', () => {
  ended({ a: 'unchanged' })
  expect(existsSync(failedFile(`${at}/pi.yaml`))).toBe(false)
  writeFileSync(failedFile(`${at}/pi.yaml`), 'half a')
  expect(failed()).toEqual([])
})
