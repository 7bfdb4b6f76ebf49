import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { directory } from '../../../../engine/resources/directory.ts'
import { isRoot } from '../bash.ts'
import { mend } from './real.ts'

const data = directory('/var/lib/app data', { mode: '750', owner: 'app' })
const { kind } = data
const seen = { mode: '0750', owner: 'app', group: 'app', type: 'directory' }

test('one fork for all; reads one line each', () => {
  expect(kind.ask([data.spec, directory('/srv').spec])).toBe("stat -c '%a %U %G %F|%n' -- '/var/lib/app data' /srv")
  expect(kind.read('750 app app directory|/var/lib/app data\n', [data.spec, directory('/srv').spec])).toEqual([seen, undefined])
})

test.for([
  [undefined, ['create']],
  [seen, []],
  [{ ...seen, mode: '2750', group: 'root' }, ['mode 2750 → 0750', 'owner app:root → app:app']],
  [{ ...seen, type: 'regular file' }, ['make a directory where a regular file stands (it is kept as /var/lib/app data.before-provision)']],
] as const)('compares %j', ([observed, does]) => {
  expect(kind.compare(data.spec, observed, []).map(change => change.does)).toEqual(does)
})

test('its command', () => {
  expect(kind.change(data.spec, undefined, [])).toEqual([
    { run: "mkdir -p -- '/var/lib/app data' && chown app:app '/var/lib/app data' && chmod 00750 '/var/lib/app data'" },
  ])
})

test.for(['relative', '/', '/ends/'])('refuses the path %j', bad => {
  expect(() => directory(bad)).toThrow('absolute path')
})

describe.skipIf(!isRoot)('under a real bash', () => {
  let at: string
  beforeAll(() => {
    at = mkdtempSync(path.join(tmpdir(), 'directory-'))
  })
  afterAll(() => rmSync(at, { recursive: true }))

  test('made, unchanged, drifted, mended', () => {
    const one = directory(`${at}/a/b c`, { mode: '0750', owner: 'daemon' })
    expect(mend(one)).toEqual([`directory ${at}/a/b c: create`])
    expect(mend(one)).toEqual([])
    chmodSync(`${at}/a/b c`, 0o777)
    expect(mend(one)).toEqual([`directory ${at}/a/b c: mode 0777 → 0750`])
  })

  test('a setgid bit that a parent hands down is taken off', () => {
    mkdirSync(`${at}/parent`)
    chmodSync(`${at}/parent`, 0o2775)
    mend(directory(`${at}/parent/child`))
    mend(directory(`${at}/parent`))
  })

  test('a file in its place is kept', () => {
    writeFileSync(`${at}/place`, 'kept')
    mend(directory(`${at}/place`))
    expect(readFileSync(`${at}/place.before-provision`, 'utf8')).toBe('kept')
  })
})
