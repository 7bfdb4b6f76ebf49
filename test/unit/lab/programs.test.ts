import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildProgram } from '../../../engine/programs/index.ts'

let cache: string
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'lab-programs-'))
})
afterAll(() => rmSync(cache, { recursive: true, force: true }))

const lab = join(import.meta.dirname, '../../../lab')

test('what plays the boards is one program, and ends where there is no lab', async () => {
  const { path } = await buildProgram(join(lab, 'board/play.ts'), { cache })
  const { status, stderr } = spawnSync(process.execPath, [path, join(cache, 'boards.json')], { encoding: 'utf8', timeout: 10_000 })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('a delay line is one program', async () => {
  const { path } = await buildProgram(join(lab, 'delay/line.ts'), { cache })
  expect(spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})
