import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { $ } from 'zx'
import type { ActContext } from '../../../../engine/act.ts'
import { openAuthority, type Authority } from '../../../../engine/ca/authority.ts'
import {
  certificate,
  certificateKind,
  installText,
  requestText,
  type CertificateOptions,
} from '../../../../engine/resources/certificate.ts'
import { openSecrets } from '../../../../engine/secrets/secrets.ts'
import { bash } from '../bash.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'))
const at = path.join(folder, 'tls', 'server.pem')
let authority: Authority
const opened = (fleet: string) => openAuthority(openSecrets(path.join(folder, `${fleet}.yaml`), { env: {}, home: folder }), fleet, false)
beforeAll(async () => {
  authority = await opened('home')
})
beforeEach(() => rmSync(path.dirname(at), { recursive: true, force: true }))
afterAll(() => rmSync(folder, { recursive: true }))

const wanted = (change: Partial<CertificateOptions> = {}) =>
  certificate(at, { authority, subject: 'mysql', names: ['mysql', '10.0.0.90', 'FD00:0::90'], owner: userInfo().username, ...change })
const look = ({ spec }: ReturnType<typeof wanted>) =>
  certificateKind.read(bash(`(${certificateKind.ask([spec])}\n) 2>/dev/null`).stdout, [spec])[0]
const does = (resource = wanted()) => certificateKind.compare(resource.spec, look(resource), []).map(change => change.does)

/** Carries the change out here; `cut` ends it after so many commands, as a lost link or a power cut does. */
async function change(resource = wanted(), cut = Infinity): Promise<void> {
  let left = cut
  const shell = $({ quiet: true, shell: 'bash', prefix: 'set -euo pipefail;' })
  const cutting = ((...words: Parameters<typeof shell>) => {
    if (left-- <= 0) throw new Error('cut')
    return shell(...words)
  }) as unknown as ActContext['$']
  for (const step of certificateKind.change(resource.spec, look(resource), [])) {
    if ('run' in step) expect(bash(step.run)).toMatchObject({ code: 0, stderr: '' })
    if ('act' in step) await step.act({ $: cutting } as ActContext)
  }
}

const whole = 'for 10.0.0.90, fd00::90, mysql'

test('empty, made, unchanged, drifted, mended, for real', async () => {
  expect(does()).toEqual([`create ${whole}`])
  await change()
  expect(does()).toEqual([])
  expect((lstatSync(at).mode & 0o777).toString(8)).toBe('600')
  expect(readdirSync(path.dirname(at))).toEqual(['server.pem'])
  const made = readFileSync(at, 'utf8')
  const mended = async (drift: () => void, ...words: string[]): Promise<void> => {
    drift()
    expect(does()).toEqual(words)
    await change()
    expect(does()).toEqual([])
  }
  await mended(() => chmodSync(at, 0o644), 'mode 0644 → 0600')
  expect(readFileSync(at, 'utf8')).toBe(made)
  await mended(() => writeFileSync(at, ''), `make anew (it is damaged) ${whole}`)
  await mended(
    () => writeFileSync(at, new X509Certificate(readFileSync(at)).toString()),
    `make anew (its private key is missing or another) ${whole}`,
  )
  const other = bash('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256').stdout
  await mended(
    () => writeFileSync(at, other + new X509Certificate(readFileSync(at)).toString()),
    `make anew (its private key is missing or another) ${whole}`,
  )
  await mended(() => {
    rmSync(at)
    symlinkSync('/dev/null', at)
  }, `make anew (it is a symbolic link) ${whole}`)
  await mended(() => rmSync(at), `create ${whole}`)
})

test('what the inventory and the calendar change', async () => {
  await change()
  expect(does(wanted({ names: ['mysql', '10.0.0.91'] }))).toEqual(['make anew (it is for 10.0.0.90, fd00::90, mysql) for 10.0.0.91, mysql'])
  expect(does(wanted({ subject: 'sql' }))).toEqual([`make anew (another subject) ${whole}`])
  expect(does(wanted({ authority: await opened('other') }))).toEqual([`make anew (it is of another CA) ${whole}`])
  // Another CA of the same name.
  rmSync(path.join(folder, 'home.secrets.age'))
  expect(does(wanted({ authority: await opened('home') }))).toEqual([`make anew (it is of another CA) ${whole}`])
  const ends = new X509Certificate(readFileSync(at)).validTo
  vi.useFakeTimers({ now: Date.now() + 1200 * 86_400_000, toFake: ['Date'] })
  try {
    expect(does()).toEqual([])
    vi.setSystemTime(Date.now() + 20 * 86_400_000)
    expect(does()).toEqual([`renew (it ends on ${new Date(ends).toISOString().slice(0, 10)}) ${whole}`])
    await change()
    expect(does()).toEqual([])
  } finally {
    vi.useRealTimers()
  }
})

test('cut anywhere, what was there is whole, and the next run ends in the same state', async () => {
  for (const cut of [0, 1]) {
    await expect(change(wanted(), cut)).rejects.toThrow('cut')
    expect(existsSync(at)).toBe(false)
    await change()
    expect(does()).toEqual([])
    const before = readFileSync(at, 'utf8')
    await expect(change(wanted({ subject: 'sql' }), cut)).rejects.toThrow('cut')
    expect(readFileSync(at, 'utf8')).toBe(before)
    await change(wanted({ subject: 'sql' }))
    expect(does(wanted({ subject: 'sql' }))).toEqual([])
    expect(readdirSync(path.dirname(at))).toEqual(['server.pem'])
    rmSync(at)
  }
})

test('a certificate that is not its key’s is not put in place', async () => {
  await change()
  const before = readFileSync(at, 'utf8')
  const foreign = new X509Certificate(before).toString()
  expect(bash(requestText(wanted().spec)).code).toBe(0)
  expect(bash(installText(wanted().spec, foreign)).code).toBe(1)
  expect(readFileSync(at, 'utf8')).toBe(before)
})

test('the private key stays on the Pi: the question and the request print none', async () => {
  await change()
  const { spec } = wanted()
  expect(bash(`${certificateKind.ask([spec])}`).stdout + bash(requestText(spec)).stdout).not.toContain('PRIVATE')
})

test('a folder of somebody else’s is refused', () => {
  symlinkSync('/etc', path.dirname(at))
  expect(bash(requestText(wanted().spec))).toMatchObject({ code: 1, stderr: expect.stringContaining('does not belong to root') as unknown })
})

test('nothing there is nothing seen, and under --check nothing is signed by a CA that is not there', () => {
  expect(certificateKind.read('', [wanted().spec])).toEqual([undefined])
  expect(() => certificate('relative.pem', wanted().spec)).toThrow('absolute path')
})
