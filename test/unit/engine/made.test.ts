import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forgetMade, madeScript, noteMade, parseMade } from '../../../engine/made.ts'
import { journalText } from '../../../engine/run/journal.ts'
import { bash } from './bash.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'made-'))
})
afterEach(() => rmSync(at, { recursive: true }))

const here = (text: string) => bash(text.replaceAll('/var/lib/provision', at))
const made = () => parseMade(`#facts\n${here(madeScript).stdout}`)

test('what was set up is remembered, until it is forgotten', () => {
  expect(made()).toEqual([])
  expect(here(noteMade(['base', 'web-server'])).code).toBe(0)
  expect(here(noteMade(['base'])).code).toBe(0)
  expect(made()).toEqual(['base', 'web-server'])
  here(forgetMade('web-server'))
  expect(made()).toEqual(['base'])
  here(forgetMade('base'))
  expect([made(), here(madeScript)]).toEqual([[], { code: expect.any(Number) as number, stdout: '', stderr: '' }])
})

test('a Pi that was set up before there was such a memory has its journal; what it knew comes along, whole or not at all', () => {
  for (const role of ['base+web', 'web', 'other']) here(journalText({ role, name: 'file /x', changes: [] }, 'somebody'))
  expect(made()).toEqual(['base', 'other', 'web'])
  mkdirSync(`${at}/roles.new`)
  writeFileSync(`${at}/roles.new/half`, '')
  expect(here(noteMade(['new'])).code).toBe(0)
  expect(existsSync(`${at}/roles.new`)).toBe(false)
  expect(readdirSync(`${at}/roles`)).toEqual(['base', 'half', 'new', 'other', 'web'])
})

test('what a login prints before the facts is no memory of the Pi', () => {
  expect(parseMade('made=stranger\n#facts\ncores=4\nmade=base\n')).toEqual(['base'])
})
