import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { healthMark, pendingMark } from '../../../../engine/plan/marks.ts'
import type { PlanItem } from '../../../../engine/plan/plan.ts'
import { legs, stepLog, type Leg } from '../../../../engine/plan/script.ts'
import { command, type AnyResource, type Step } from '../../../../engine/resources/index.ts'
import { bash } from '../bash.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'script-'))
})
afterEach(() => rmSync(at, { recursive: true }))

const mark = (word: string) => `printf '<%s>' ${word}`
function item(steps: readonly Step[], extra: Partial<PlanItem> = {}): PlanItem {
  return { role: 'test', resource: command('x', { unless: '', run: '' }), name: 'x', changes: [], steps, reactors: [], ...extra }
}
const shape = (list: readonly Leg[]) =>
  list.map(leg =>
    leg.kind === 'upload' ? `${leg.file} → ${leg.to} for ${leg.item}` : leg.kind === 'script' ? leg.timeout : `${leg.kind} for ${leg.item}`,
  )
const here = (leg: Leg | undefined) =>
  bash((leg?.kind === 'script' ? leg.text : 'exit 99').replaceAll(stepLog, `${at}/log`).replaceAll('/var/lib/provision', at))

test('everything without an upload is one leg; its time is the sum', () => {
  expect(legs([], mark)).toEqual([])
  expect(shape(legs([item([{ run: ':' }, { run: ':', timeout: 7 }]), item([{ run: ':' }])], mark))).toEqual([247])
})

test('an upload splits, two that follow each other do not leave an empty leg between', () => {
  const list = [item([{ run: ':' }, { upload: 'a', to: '/a' }, { upload: 'b', to: '/b' }, { run: ':' }]), item([{ run: ':' }])]
  expect(shape(legs(list, mark))).toEqual([120, 'a → /a for 0', 'b → /b for 0', 240])
})

test('an act splits as an upload does', () => {
  const list = legs([item([{ run: ':' }]), item([{ act: async () => {} }, { run: ':' }])], mark)
  expect(shape(list)).toEqual([120, 'act for 1', 120])
  expect(shape(legs([item([{ act: async () => {} }])], mark))).toEqual([60, 'act for 0', 60])
  expect([0, 2].map(at => here(list[at]).stdout)).toEqual(['<begin 0><done 0><begin 1>', '<done 1>'])
})

test('a file that is fetched splits, too', () => {
  const fetching = { fetch: '/a', most: 1, keep() {} }
  expect(shape(legs([item([{ run: ':' }]), item([fetching])], mark))).toEqual([120, 'fetch for 1', 60])
})

test('each step stands alone: folder, functions, an exit; its output goes to the log, it reads nothing', () => {
  const [leg] = legs(
    [item([{ run: 'cd /tmp; install() { :; }; echo out; exit 0' }, { run: `type -t install; pwd; cat; cat <<'.'\n}\n.\n# a comment` }])],
    mark,
  )
  expect(here(leg)).toEqual({ code: 0, stdout: '<begin 0><done 0>', stderr: '' })
  expect(readFileSync(`${at}/log`, 'utf8')).toBe('out\nfile\n/\n}\n')
})

test('a step that fails ends the leg: its number and code, its last lines, nothing after it', () => {
  const [leg] = legs(
    [item([{ run: ':' }]), item([{ run: 'seq 30; exit 7' }, { run: `touch ${at}/after` }]), item([{ run: `touch ${at}/after` }])],
    mark,
  )
  const ran = here(leg)
  expect([ran.code, ran.stdout]).toEqual([90, '<begin 0><done 0><begin 1><failed 1 7>'])
  expect(ran.stderr.trim().split('\n')).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 11)))
  expect(existsSync(`${at}/after`)).toBe(false)
})

test('who will owe a reaction is marked before the change, and unmarked after having reacted', () => {
  const source: AnyResource = command('source', { unless: '', run: '' })
  const reactor: AnyResource = command('reactor', { unless: '', run: '', on: [source] })
  const marked = `${at}/pending/${pendingMark(reactor)}`
  const changes = (reaction: string) =>
    legs(
      [item([{ run: `[ -e ${marked} ]` }], { resource: source, reactors: [reactor] }), item([{ run: reaction }], { resource: reactor })],
      mark,
    )[0]
  expect(here(changes('exit 3')).code).toBe(90)
  expect(existsSync(marked)).toBe(true)
  expect(here(changes(':')).code).toBe(0)
  expect(existsSync(marked)).toBe(false)
})

test('the health of a role is owed from before its first change, and that the role is here; each is written once a script', () => {
  const marked = `${at}/pending/${healthMark('test')}`
  const [leg] = legs(
    [
      item([{ run: `[ -e ${marked} ] && [ -e ${at}/roles/test ] && rm ${marked}` }]),
      item([{ run: `[ ! -e ${marked} ]` }], { role: 'test+mute' }),
    ],
    mark,
    { hasHealth: role => role === 'test' },
  )
  expect(here(leg).code).toBe(0)
  expect([existsSync(`${at}/roles/mute`), existsSync(`${at}/pending/${healthMark('mute')}`)]).toEqual([true, false])
})

test('when nobody listens any more, the step at work ends and the next does not begin', () => {
  const [leg] = legs(
    [item([{ run: `exec 1>&-; touch ${at}/first` }]), item([{ run: `touch ${at}/second` }])],
    word => `[ ! -e ${at}/first ] && ${mark(word)}`,
  )
  expect(here(leg).code).toBe(98)
  expect([existsSync(`${at}/first`), existsSync(`${at}/second`)]).toEqual([true, false])
})
