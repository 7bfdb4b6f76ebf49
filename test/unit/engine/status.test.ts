import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { asksPage } from '../../../engine/listen.ts'
import { clusterMark, healthMark } from '../../../engine/plan/marks.ts'
import { role } from '../../../engine/role.ts'
import { readStatus, statusScript, type Asked, type StatusQuestion } from '../../../engine/status.ts'
import { bash } from './bash.ts'

const asked = (name: string, question: StatusQuestion): Asked => ({
  role: role(name, {
    vars: z.object({}),
    memory: () => ({}),
    *desired() {
      /* nothing */
    },
  }),
  question,
  planned: 100,
})
const units = (...list: readonly (readonly [name: string, state: string, restarts?: number])[]) =>
  `\u001eunits\n${list.map(([name, state, restarts = 0]) => `Id=${name}.service\nActiveState=${state}\nSubState=${state === 'activating' ? 'auto-restart' : 'running'}\nNRestarts=${restarts}\nMemoryCurrent=${restarts ? '[not set]' : 1000}\nActiveEnterTimestamp=Wed 2026-11-25 10:00:00 UTC`).join('\n\n')}\n`

test('a role does its work when its units run and it says nothing is wrong', () => {
  const shop = asked('shop', { units: ['shop', 'till'], read: output => ({ warns: ['mind the step'], says: [`heard ${output.trim()}`] }) })
  expect(readStatus([shop], `${units(['shop', 'active'], ['till', 'active'])}\u001erole shop\nhello\n`)).toEqual([
    {
      role: 'shop',
      ok: true,
      wrong: [],
      warns: ['mind the step'],
      says: ['heard hello'],
      memory: 2000,
      planned: 100,
      since: 'Wed 2026-11-25 10:00:00 UTC',
    },
  ])
})

test('a unit that is off, failed or starts again and again is wrong, and the role is not asked then', () => {
  const shop = asked('shop', { units: ['shop', 'till', 'lamp'], read: () => ({ wrong: ['never said'] }) })
  const [status] = readStatus([shop], units(['shop', 'activating', 4], ['till', 'failed']))
  expect(status).toMatchObject({
    ok: false,
    wrong: ['shop is activating and starts again and again', 'till is failed', 'lamp is not there'],
    says: ['shop was started again 4 times'],
  })
})

test('where the Pi counts no memory, what the main processes have resident', () => {
  const text = '\u001eunits\nId=shop.service\nActiveState=active\nMainPID=17\nMemoryCurrent=[not set]\n\u001eresident\n17 300\n'
  expect(readStatus([asked('shop', { units: ['shop'] })], text)[0]?.memory).toBe(300 * 1024)
})

test('what the kernel takes back when it needs it is nothing a unit holds', () => {
  const counted = (id: string, bytes: number) =>
    `Id=${id}.service\nActiveState=active\nControlGroup=/system.slice/${id}.service\nMemoryCurrent=${bytes}`
  const text = `\u001eunits\n${counted('shop', 90 * 1024)}\n\n${counted('till', 5000)}\n\u001eresident\n17 40\n/system.slice/shop.service 20\n/system.slice/shop.service 30\n`
  expect(readStatus([asked('shop', { units: ['shop', 'till'] })], text)[0]?.memory).toBe(40 * 1024 + 5000)
})

test('what is resident, and what is cached, is asked by one call for all units', () => {
  const systemctl = `systemctl() { printf 'MainPID=%s\\nControlGroup=/nowhere\\n\\nMainPID=0\\nControlGroup=\\n' $$; }`
  const { stdout, code } = bash(`${systemctl}\n${statusScript([asked('shop', { units: ['shop', 'till'] })])}`)
  expect(code).toBe(0)
  expect(stdout.split('\u001e').find(text => text.startsWith('resident\n'))).toMatch(/^resident\n\d+ \d+\n$/)
})

test('what a role finds wrong, and health that nobody saw, count', () => {
  const shop = asked('shop', { units: ['shop'], read: () => ({ wrong: ['no bread'] }) })
  const [status] = readStatus([shop], `${units(['shop', 'active'])}\u001epending\n${healthMark('shop')}\n`)
  expect(status?.wrong).toEqual(['no bread', 'nobody saw it at work since it was changed: `provision` looks'])
})

test('what is owed to its cluster counts', () => {
  const [status] = readStatus([asked('shop', { units: ['shop'] })], `${units(['shop', 'active'])}\u001epending\n${clusterMark('shop')}\n`)
  expect(status?.wrong).toEqual(['what belongs to its cluster is not all as wanted: `provision` goes on'])
})

test('a silent answer is no good one', () => {
  const [status] = readStatus([asked('shop', { units: ['shop'] })], '')
  expect(status).toMatchObject({ ok: false, wrong: ['shop is not there'] })
})

test('roles are asked in a shell of their own, and can read what the Pi serves', async () => {
  const server = createServer((request, response) => response.end(`at ${request.url}\n`)).listen(0, '127.0.0.1')
  await new Promise(done => server.once('listening', done))
  const { port } = server.address() as { readonly port: number }
  const { execFile } = await import('node:child_process')
  const script = statusScript([
    asked('one', { units: [], ask: asksPage({ address: '127.0.0.1' }, port, '/x', 5) }),
    asked('two', { units: [], ask: 'echo two; exit 3' }),
    asked('three', { units: [], ask: 'echo three' }),
  ])
  const output = await new Promise<string>(done => execFile('bash', ['-c', script], (_error, stdout) => done(stdout)))
  server.close()
  const part = (name: string) => output.split('\u001e').find(text => text.startsWith(`role ${name}\n`))
  expect([part('one')?.includes('at /x'), part('two'), part('three')]).toEqual([true, 'role two\ntwo\n', 'role three\nthree\n'])
  expect(bash(statusScript([])).code).toBe(0)
})

test('of a role that has something to keep it is told when that was done last, or that it never was', () => {
  const keeps = (name: string): Asked => {
    const of = asked(name, { units: [name] })
    return { ...of, role: { ...of.role, backup: async () => undefined } }
  }
  const text = `${units(['shop', 'active'], ['till', 'active'], ['lamp', 'active'])}\u001ebackups\nshop 1764000000\n\u001epending\n`
  expect(readStatus([keeps('shop'), keeps('till'), asked('lamp', { units: ['lamp'] })], text).map(({ backup }) => backup)).toEqual([
    '2025-11-24T16:00:00.000Z',
    null,
    undefined,
  ])
  expect(statusScript([keeps('shop')])).toContain('/var/lib/provision/backup/*')
})
