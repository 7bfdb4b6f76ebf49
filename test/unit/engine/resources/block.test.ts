import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { block, blockGone, markedBlock } from '../../../../engine/resources/block.ts'
import { differs, mend } from './real.ts'

let at: string
let hosts: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'block-'))
  hosts = `${at}/hosts`
})
afterEach(() => rmSync(at, { recursive: true }))

const lines = ['10.0.0.1 one', "10.0.0.2 two # it's $HOME"]
const options = { rest: '127.0.0.1 localhost\n', wholeBegins: '# Written by an earlier version.' }
const wanted = () => block(hosts, lines, options)
const content = () => readFileSync(hosts, 'utf8')

test('a file that is missing is made with what else it should hold', () => {
  expect(mend(wanted())).toEqual([`block ${hosts}: create`])
  expect(content()).toBe(`${markedBlock(lines)}127.0.0.1 localhost\n`)
  expect(lstatSync(hosts).mode & 0o777).toBe(0o644)
})

test('it is added before what somebody wrote, which stays to the byte, as do mode and owner', () => {
  const theirs = '127.0.0.1\tlocalhost\n10.9.9.9 printer\\n %s\n\n# no newline at the end'
  writeFileSync(hosts, theirs)
  chmodSync(hosts, 0o664)
  expect(mend(wanted())).toEqual([`block ${hosts}: add our block; the rest stays`])
  expect(content()).toBe(`${markedBlock(lines)}${theirs}`)
  expect(lstatSync(hosts).mode & 0o777).toBe(0o664)
})

test('what drifts inside is changed; what drifts outside is not ours', () => {
  mend(wanted())
  writeFileSync(hosts, `before\n${content().replace('one', 'other')}after\n`)
  expect(mend(wanted())).toEqual([`block ${hosts}: change our block; the rest stays`])
  expect(content()).toBe(`${markedBlock(lines)}before\n127.0.0.1 localhost\nafter\n`)
  writeFileSync(hosts, `${content()}10.0.0.9 more\n`)
  expect(differs(wanted())).toEqual([])
})

test('a mark without the other takes nothing along: nobody knows where the block ends', () => {
  mend(wanted())
  writeFileSync(hosts, `${content().replace(/^# END.*\n/m, '')}10.0.0.9 more\n`)
  expect(mend(wanted())).toEqual([`block ${hosts}: mend the marks of our block; the rest stays`])
  expect(content()).toBe(`${markedBlock(lines)}${lines.join('\n')}\n127.0.0.1 localhost\n10.0.0.9 more\n`)
})

test('a file that an earlier version wrote as a whole becomes block and rest', () => {
  writeFileSync(hosts, '# Written by an earlier version.\n10.0.0.1 old\n')
  expect(mend(wanted())).toEqual([`block ${hosts}: keep to a block of our own: the rest is not ours from now on`])
  expect(content()).toBe(`${markedBlock(lines)}127.0.0.1 localhost\n`)
})

test('it goes, and the rest stays; where there is none nothing is made', () => {
  mend(wanted())
  expect(mend(blockGone(hosts))).toEqual([`block ${hosts}: REMOVE our block; the rest stays`])
  expect(content()).toBe('127.0.0.1 localhost\n')
  rmSync(hosts)
  expect([mend(blockGone(hosts)), existsSync(hosts)]).toEqual([[], false])
})
