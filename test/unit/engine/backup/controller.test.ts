import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { controllerFiles, controllerReader, writeControllerFiles } from '../../../../engine/backup/controller.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(join(tmpdir(), 'backup-'))
})
afterEach(() => rmSync(at, { recursive: true, force: true }))

test('inventory, secrets and kept files come back byte by byte, and over nothing', () => {
  const inventory = join(at, 'pi.yaml')
  writeFileSync(inventory, 'fleet: home\n')
  writeFileSync(join(at, 'pi.secrets.age'), Buffer.from([0, 255, 10]))
  mkdirSync(join(at, 'pi.kept/ca'), { recursive: true })
  writeFileSync(join(at, 'pi.kept/ca/issued.jsonl'), '{}\n')
  const content = controllerFiles(inventory)
  const reader = controllerReader()
  reader.push(content.subarray(0, 9))
  reader.push(content.subarray(9))
  expect(reader.end().figures).toEqual({ files: 3 })
  const folder = join(at, 'again')
  expect(writeControllerFiles(content, folder)).toHaveLength(3)
  expect([...readFileSync(join(folder, 'pi.secrets.age'))]).toEqual([0, 255, 10])
  expect(readFileSync(join(folder, 'pi.kept/ca/issued.jsonl'), 'utf8')).toBe('{}\n')
  expect(() => writeControllerFiles(content, folder)).toThrow('EEXIST')
})

test('a name that leads out of the folder is refused', () => {
  const bad = Buffer.from(JSON.stringify({ '../elsewhere': '' }))
  expect(() => writeControllerFiles(bad, join(at, 'new'))).toThrow('outside')
})
