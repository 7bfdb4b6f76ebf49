import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { $ } from 'zx'
import type { ActContext } from '../../../../engine/act.ts'
import { openAuthority, type Authority } from '../../../../engine/ca/authority.ts'
import { issuedFile, noteIssued } from '../../../../engine/ca/issued.ts'
import { revocations, revocationsKind } from '../../../../engine/resources/revocations.ts'
import { openSecrets } from '../../../../engine/secrets/secrets.ts'
import { bash } from '../bash.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'revocations-'))
const inventory = path.join(folder, 'home.yaml')
const at = path.join(folder, 'revoked.pem')
const in_ = (name: string) => path.join(folder, name)
const openssl = (...words: string[]): string =>
  execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
let authority: Authority
beforeAll(async () => {
  authority = await openAuthority(openSecrets(inventory, { env: {}, home: folder }), 'home', false, {
    note: ({ subject, names }, made) => noteIssued(inventory, subject, names, made),
  })
}, 60_000)
beforeEach(() => rmSync(at, { force: true }))
afterAll(() => rmSync(folder, { recursive: true }))

const wanted = (...serials: string[]) => revocations(at, { authority, serials })
const look = ({ spec }: ReturnType<typeof wanted>) => revocationsKind.read(bash(revocationsKind.ask([spec])).stdout, [spec])[0]
const does = (resource: ReturnType<typeof wanted>) => revocationsKind.compare(resource.spec, look(resource), []).map(change => change.does)
async function change(resource: ReturnType<typeof wanted>): Promise<void> {
  for (const step of revocationsKind.change(resource.spec, look(resource), []))
    if ('act' in step) await step.act({ $: $({ quiet: true, shell: 'bash' }) } as unknown as ActContext)
}

test('is made once, and again only for other numbers, a damaged file or another CA', async () => {
  expect(does(wanted('0A'))).toEqual(['create, with 1 certificate on it'])
  await change(wanted('0A'))
  expect(does(wanted('0A'))).toEqual([])
  expect(does(wanted('0a', '0A'))).toEqual([])
  expect(does(wanted())).toEqual(['make anew, with no certificate on it'])
  expect(does(wanted('0A', '0B'))).toEqual(['make anew, with 2 certificates on it'])
  const other = await openAuthority(openSecrets(in_('other.yaml'), { env: {}, home: folder }), 'other', false)
  expect(does(revocations(at, { authority: other, serials: ['0A'] }))).toHaveLength(1)
  writeFileSync(at, readFileSync(at, 'utf8').replace(/.(?=\n-----END)/, 'x'))
  expect(does(wanted('0A'))).toHaveLength(1)
})

test('OpenSSL refuses the certificate that is on it and takes the others, whatever a clock says', async () => {
  writeFileSync(in_('ca.pem'), authority.certificate)
  const serials: string[] = []
  for (const name of ['one', 'two']) {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`)
    const request = openssl('req', '-new', '-key', `${name}.key`, '-subj', '/CN=x')
    writeFileSync(in_(`${name}.pem`), await authority.issue(request, { subject: name, names: [name], days: 30 }))
    serials.push(openssl('x509', '-in', `${name}.pem`, '-noout', '-serial').trim().replace('serial=', ''))
  }
  await change(wanted(serials[0] ?? ''))
  const verify = (name: string, ...more: string[]) =>
    openssl('verify', '-crl_check', '-CAfile', 'ca.pem', '-CRLfile', at, ...more, `${name}.pem`)
  expect(() => verify('one')).toThrow('certificate revoked')
  expect(verify('two')).toContain('two.pem: OK')
  expect(verify('two', '-attime', String(Date.parse('2020-01-02') / 1000))).toContain('two.pem: OK')
  await change(wanted())
  expect(verify('one')).toContain('one.pem: OK')
  // What a certificate is revoked by is known although its card is gone.
  const noted = readFileSync(issuedFile(inventory), 'utf8').trim().split('\n')
  expect(noted.map(line => JSON.parse(line) as object)).toMatchObject([
    { subject: 'one', serial: serials[0] },
    { subject: 'two', serial: serials[1] },
  ])
})

test('a number that is none is refused, and nothing is signed', async () => {
  await expect(authority.revoke(['xyz'])).rejects.toThrow('is no number of a certificate')
})
