import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../../../../engine/resources/command.ts'
import { file } from '../../../../engine/resources/file.ts'
import { bash } from '../bash.ts'
import { differs, mend } from './real.ts'

const specs = [
  command('yes', { unless: 'echo noise; true', run: 'x' }),
  command('no', { unless: 'false', run: 'x' }),
  command('ends', { unless: 'exit 0', run: 'x' }),
  command('comment', { unless: 'false # a comment', run: 'x' }),
  command('document', { unless: "grep -q b <<'.'\na\nb\n.", run: 'x' }),
].map(({ spec }) => spec)
const { kind } = command('', { unless: '', run: '' })

test('each condition stands alone, whatever it does', () => {
  expect(kind.read(bash(kind.ask(specs)).stdout, specs)).toEqual([true, false, true, false, true])
  expect(kind.read('', specs)).toEqual([false, false, false, false, false])
})

test('runs where its condition fails, or where what it waits for changed', () => {
  const conf = file('/x', '')
  const waits = command('load', { unless: 'true', run: 'load', on: [conf], timeout: 5 })
  expect(waits.on).toEqual([conf])
  expect(kind.compare(waits.spec, true, [])).toEqual([])
  expect(kind.compare(waits.spec, false, ['/x'])).toEqual([{ does: 'run' }])
  expect(kind.compare(waits.spec, true, ['/x', '/y'])).toEqual([{ does: 'run (/x, /y)' }])
  expect(kind.change(waits.spec, false, [])).toEqual([{ run: 'load', timeout: 5 }])
})

test('made, unchanged, drifted, mended, for real', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'command-'))
  const one = command('make it', { unless: `[ -e ${at}/made ]`, run: `: >${at}/made` })
  try {
    expect(mend(one)).toEqual(['command make it: run'])
    expect(mend(one)).toEqual([])
    rmSync(`${at}/made`)
    expect(differs(one)).toHaveLength(1)
    expect(mend(one)).toHaveLength(1)
  } finally {
    rmSync(at, { recursive: true })
  }
})
