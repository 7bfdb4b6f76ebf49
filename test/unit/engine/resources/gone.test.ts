import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { without } from '../../../../engine/resources/gone.ts'
import { archiveGone, file, nameOf, packagesGone, pathGone } from '../../../../engine/resources/index.ts'
import { bash } from '../bash.ts'
import { differs, mend } from './real.ts'

test('a path is removed when it is there, as a file, a folder or a link to nowhere', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'gone-'))
  try {
    writeFileSync(`${at}/file`, '')
    mkdirSync(`${at}/folder/in/it`, { recursive: true })
    mkdirSync(`${at}/kept`)
    symlinkSync('/nowhere', `${at}/link`)
    symlinkSync(`${at}/kept`, `${at}/folder/in/it/link`)
    const all = ['file', 'folder', 'link', 'never'].map(name => pathGone(`${at}/${name}`))
    expect(mend(...all)).toEqual(['file', 'folder', 'link'].map(name => `no file ${at}/${name}: REMOVE ${at}/${name}`))
    expect([mend(...all), existsSync(`${at}/kept`)]).toEqual([[], true])
  } finally {
    rmSync(at, { recursive: true })
  }
})

test.each(['/etc', 'opt/x', '/opt/../etc', '/opt/x/', '/', '/opt//x', '/opt/x\n'])("%j is nobody's to remove", which => {
  expect(() => pathGone(which)).toThrow('absolute path of two names at least')
})

test("an archive goes with all its states; a folder of somebody else's in its place stays", () => {
  const at = mkdtempSync(path.join(tmpdir(), 'gone-'))
  const gone = archiveGone(`${at}/server`)
  try {
    for (const name of ['server-0123456789abcdef', 'server-fedcba9876543210', 'server-mine']) mkdirSync(`${at}/${name}`)
    symlinkSync(`${at}/server-0123456789abcdef`, `${at}/server`)
    expect(mend(gone)).toHaveLength(1)
    expect(
      ['server', 'server-0123456789abcdef', 'server-fedcba9876543210', 'server-mine'].map(name => existsSync(`${at}/${name}`)),
    ).toEqual([false, false, false, true])
    mkdirSync(`${at}/server`)
    expect(differs(gone)).toEqual([])
  } finally {
    rmSync(at, { recursive: true })
  }
})

test('packages that are there, and those that need them, are told; others are as they should be', () => {
  const gone = packagesGone('libfido2-1', 'no-such-package')
  const seen = gone.kind.read(bash(gone.kind.ask([gone.spec])).stdout, [gone.spec])[0]
  expect(seen?.installed).toEqual(['libfido2-1'])
  expect(seen?.others).toContain('openssh-client')
  expect(gone.kind.compare(gone.spec, { installed: ['a', 'b'], others: ['c'] }, []).map(({ does }) => does)).toEqual([
    'REMOVE a b',
    'REMOVE c, which need it',
  ])
  expect(differs(packagesGone('no-such-package'))).toEqual([])
})

test('packages that others want are left out', () => {
  expect(without(packagesGone('a', 'b'), new Set(['a'])).map(nameOf)).toEqual(['no package b'])
  expect(without(packagesGone('a'), new Set(['a']))).toEqual([])
  expect(without(file('/x', ''), new Set(['a'])).map(nameOf)).toEqual(['file /x'])
})
