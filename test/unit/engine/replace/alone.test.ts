import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { alone } from '../../../../engine/replace/alone.ts'

const folder = mkdtempSync(join(tmpdir(), 'alone-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'pi.replace.lock')

test('is one process at a time', () => {
  const letGo = alone(file)
  expect(() => alone(file)).toThrow(`process ${process.pid} on ${hostname()} is at work with this journal`)
  letGo()
  expect(existsSync(file)).toBe(false)
  alone(file)()
})

test('one that died holds nothing; of another machine nobody knows', () => {
  const { pid } = spawnSync('true')
  writeFileSync(file, `${pid} ${hostname()}\n`)
  alone(file)()
  writeFileSync(file, `${pid} elsewhere\n`)
  expect(() => alone(file)).toThrow('on elsewhere is at work')
})
