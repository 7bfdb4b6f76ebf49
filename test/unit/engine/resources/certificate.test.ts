import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { $ } from 'zx'
import type { ActContext } from '../../../../engine/act.ts'
import { makeAuthority } from '../../../../engine/authority/issue.ts'
import { plan } from '../../../../engine/plan/plan.ts'
import { question } from '../../../../engine/plan/observe.ts'
import { certificate } from '../../../../engine/resources/certificate.ts'
import type { AnyResource, Step } from '../../../../engine/resources/kind.ts'
import { bash } from '../bash.ts'

const authority = await makeAuthority('home')
const trust = { certificate: authority.certificate, id: 'one' }
const context = { $: $({ quiet: true, shell: 'bash' }), secret: () => JSON.stringify(authority) } as unknown as ActContext

let at: string
beforeEach(() => { at = mkdtempSync(path.join(tmpdir(), 'certificate-')) })
afterEach(() => rmSync(at, { recursive: true }))

const of = (extra: Partial<Parameters<typeof certificate>[1]> = {}) => certificate(`${at}/tls/db`, { name: 'mysql', addresses: ['10.0.0.90'], trust, ...extra })
const planned = (resource: AnyResource) => {
  const wanted = [{ role: 'test', resource }]
  const asked = question(wanted)
  return plan(wanted, asked.read(bash(asked.script).stdout))
}
const differs = (resource: AnyResource) => planned(resource).items.flatMap(({ changes }) => changes.map(({ does }) => does))
async function carryOut(steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if ('act' in step) await step.act(context)
    else if ('run' in step) expect(bash(step.run)).toMatchObject({ code: 0 })
  }
}
/** Makes it so for real, sees that it is, and says what was changed. */
async function mend(resource: AnyResource): Promise<string[]> {
  const before = differs(resource)
  await carryOut(planned(resource).items.flatMap(({ steps }) => steps))
  expect(differs(resource)).toEqual([])
  return before
}
const serial = () => execFileSync('openssl', ['x509', '-in', `${at}/tls/db/cert.pem`, '-noout', '-serial'], { encoding: 'utf8' })

test('empty, made, unchanged, drifted, mended', async () => {
  expect(await mend(of())).toEqual(["make a key, and let the fleet's authority sign it for mysql, 10.0.0.90"])
  const first = serial()
  expect(await mend(of())).toEqual([])
  expect(serial()).toBe(first)
  expect(readdirSync(`${at}/tls/db`).sort()).toEqual(['both.pem', 'ca.pem', 'cert.pem', 'key.pem', 'made'])
  expect(['key.pem', 'both.pem'].map(name => (statSync(`${at}/tls/db/${name}`).mode & 0o777).toString(8))).toEqual(['640', '640'])
  expect(readFileSync(`${at}/tls/db/key.pem`, 'utf8')).toContain('BEGIN PRIVATE KEY')

  chmodSync(`${at}/tls/db/key.pem`, 0o644)
  expect(await mend(of())).toEqual(['make it anew: its files are not as they were made'])
  writeFileSync(`${at}/tls/db/cert.pem`, 'another')
  expect(await mend(of())).toEqual(['make it anew: its files are not as they were made'])
  expect(serial()).not.toBe(first)
  // Earlier ones are gone.
  expect(readdirSync(`${at}/tls`).sort()).toEqual(['db', readlinkSync(`${at}/tls/db`).replace(/.*\//, '')])
})

test('other names, another authority, and an end that comes near make another one', async () => {
  await mend(of())
  expect(differs(of({ addresses: ['10.0.0.90', 'mysql.local'] }))).toEqual(['make it anew: it was for other names or by another authority; now for mysql, 10.0.0.90, mysql.local'])
  expect(differs(of({ trust: { ...trust, id: 'two' } }))).toHaveLength(1)
  rmSync(`${at}/tls`, { recursive: true })
  await mend(of({ days: 100 }))
  // Made for a hundred days and then wanted for longer, it has less than a third of them left.
  expect(differs(of({ days: 400 }))).toEqual([expect.stringMatching(/^renew it: it ends on 20\d\d-\d\d-\d\d$/) as string])
  expect(await mend(of({ days: 290 }))).toEqual([])
})

test.each([0, 1, 2])('cut after step %i it is made all the same the next time, and until then the one before counts', async steps => {
  await mend(of())
  const before = serial()
  const other = of({ addresses: ['10.0.0.91'] })
  await carryOut(planned(other).items.flatMap(item => item.steps).slice(0, steps))
  expect(serial()).toBe(before)
  expect(await mend(other)).toHaveLength(1)
  expect(existsSync(`${at}/tls/db.new`)).toBe(false)
})

test('a certificate that is not of the key is never taken into use', async () => {
  const [makes, , takes] = planned(of()).items.flatMap(({ steps }) => steps)
  await carryOut(makes ? [makes] : [])
  bash(`cd ${at}/tls/db.new && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out cert.pem -subj /CN=x && cp cert.pem ca.pem`)
  expect(bash(takes && 'run' in takes ? takes.run : '').code).not.toBe(0)
  expect(existsSync(`${at}/tls/db`)).toBe(false)
})
