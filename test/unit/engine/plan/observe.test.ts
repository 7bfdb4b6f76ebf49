import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { healthMark, pendingFolder, pendingMark } from '../../../../engine/plan/marks.ts'
import { question } from '../../../../engine/plan/observe.ts'
import { command, file, type AnyResource } from '../../../../engine/resources/index.ts'
import { bash } from '../bash.ts'

const want = (...resources: AnyResource[]) => resources.map(resource => ({ role: 'test', resource }))

test('one fragment a kind, answers by resource, whatever a fragment does', () => {
  const list = [
    command('no', { unless: 'exit 1', run: '' }),
    file('/etc/no-such-file', ''),
    command('yes', { unless: 'echo noise', run: '' }),
  ]
  const asked = question(want(...list))
  expect(asked.script.match(/\\036ask/g)).toHaveLength(2)
  const { stdout, stderr } = bash(asked.script)
  const { state, pending } = asked.read(stdout)
  expect(list.map(resource => state.get(resource) as unknown)).toEqual([false, undefined, true])
  expect([stderr, pending.size]).toEqual(['', 0])
})

test('marks of a run that was cut off are read back', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'pending-'))
  try {
    mkdirSync(`${at}/pending`)
    const [owes, free] = [command('owes', { unless: 'true', run: '' }), command('free', { unless: 'true', run: '' })]
    writeFileSync(`${at}/pending/${pendingMark(owes)}`, '')
    writeFileSync(`${at}/pending/0123456789abcdef`, '')
    writeFileSync(`${at}/pending/${healthMark('test')}`, '')
    const asked = question(want(owes, free))
    const { pending, unseen } = asked.read(bash(asked.script.replace(pendingFolder, `${at}/pending`)).stdout)
    expect([...pending]).toEqual([owes])
    expect([...unseen]).toEqual(['test'])
  } finally {
    rmSync(at, { recursive: true })
  }
})

test('a mark is the same for the same name, and a file name', () => {
  expect(pendingMark(file('/x', '1'))).toBe(pendingMark(file('/x', '2')))
  expect(pendingMark(file('/x', ''))).not.toBe(pendingMark(file('/y', '')))
  expect(pendingMark(file("/it's", ''))).toMatch(/^[0-9a-f]{16}$/)
})

test('an answer that lacks a kind is an error, not "absent"', () => {
  expect(() => question(want(file('/x', ''))).read('half an answer')).toThrow("the host's answer about file is missing")
})
