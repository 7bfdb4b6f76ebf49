import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureAuthority, parseAuthority, trustOf, type Authority } from '../../../../engine/authority/authority.ts'
import { issue, makeAuthority } from '../../../../engine/authority/issue.ts'
import { openSecrets } from '../../../../engine/secrets/secrets.ts'

const at = mkdtempSync(path.join(tmpdir(), 'authority-'))
afterAll(() => rmSync(at, { recursive: true }))
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: at, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const day = 86_400_000

let authority: Authority
/** A request as a Pi makes one; it asks to be an authority for another's name. */
let request: string
beforeAll(async () => {
  authority = await makeAuthority('home')
  writeFileSync(`${at}/ca.pem`, authority.certificate)
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=somebody-else', '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'subjectAltName=DNS:bank.example')
  request = readFileSync(`${at}/request.pem`, 'utf8')
})
const issued = async (of = authority) => {
  const text = await issue(of, request, { name: 'mysql', addresses: ['10.0.0.90', 'fe80::1%eth0', 'mysql.local', 'mysql'], days: 100 })
  writeFileSync(`${at}/cert.pem`, text)
  return new X509Certificate(text)
}

test('what OpenSSL verifies as a server and as a client, by name and by address', async () => {
  await issued()
  for (const purpose of ['sslserver', 'sslclient'])
    expect(openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', '-purpose', purpose, 'cert.pem')).toBe('cert.pem: OK\n')
  for (const [kind, value] of [['-verify_ip', '10.0.0.90'], ['-verify_ip', 'fe80::1'], ['-verify_hostname', 'mysql'], ['-verify_hostname', 'mysql.local']] as const)
    expect(openssl('verify', '-CAfile', 'ca.pem', kind, value, 'cert.pem')).toContain('OK')
  expect(() => openssl('verify', '-CAfile', 'ca.pem', '-verify_ip', '10.0.0.91', 'cert.pem')).toThrow()
})

test('of a request only its key counts: names and rights are ours', async () => {
  const certificate = await issued()
  expect([certificate.ca, certificate.subject, certificate.subjectAltName]).toEqual([false, 'CN=mysql', 'DNS:mysql, IP Address:10.0.0.90, IP Address:FE80:0:0:0:0:0:0:1, DNS:mysql.local'])
  writeFileSync(`${at}/public.pem`, certificate.publicKey.export({ type: 'spki', format: 'pem' }))
  expect(openssl('pkey', '-in', 'key.pem', '-pubout')).toBe(readFileSync(`${at}/public.pem`, 'utf8'))
})

test('a request that another key has signed, or half of one, is refused', async () => {
  const lines = request.split('\n')
  const middle = lines[3] ?? ''
  const forged = request.replace(middle, `${middle.slice(0, 20)}${middle[20] === 'A' ? 'B' : 'A'}${middle.slice(21)}`)
  for (const text of [forged, lines.slice(0, 4).join('\n'), ''])
    await expect(issue(authority, text, { name: 'x', addresses: [], days: 1 })).rejects.toThrow()
})

test('it counts from a week before, for clocks are behind at times, and never longer than its authority', async () => {
  const certificate = await issued()
  expect(Date.now() - new Date(certificate.validFrom).getTime()).toBeGreaterThan(6 * day)
  expect(new Date(certificate.validTo).getTime() - Date.now()).toBeGreaterThan(99 * day)
  const old = await makeAuthority('home', Date.now() - 20 * 365 * day + 10 * day)
  const short = await issued(old)
  expect(new Date(short.validTo).getTime() - Date.now()).toBeLessThan(11 * day)
  expect(short.checkIssued(new X509Certificate(old.certificate))).toBe(true)
  expect(short.checkIssued(new X509Certificate(authority.certificate)) && short.verify(new X509Certificate(authority.certificate).publicKey)).toBe(false)
})

test('a fleet has one authority, made once and kept as a secret', async () => {
  const env = { FLEET_IDENTITY: `${at}/identity` }
  const secrets = openSecrets(`${at}/pi.yaml`, { env })
  expect(trustOf(secrets)).toEqual({ certificate: '', id: '' })
  await ensureAuthority(secrets, 'home')
  const trust = trustOf(secrets)
  expect(trust.id).toMatch(/^[0-9a-f]{64}$/)
  await ensureAuthority(secrets, 'home')
  expect(trustOf(openSecrets(`${at}/pi.yaml`, { env }))).toEqual(trust)
  expect(readFileSync(`${at}/pi.secrets.age`)).not.toContain('PRIVATE KEY')
  expect(secrets.redactor.redact(`key: ${secrets.show('fleet/ca') ?? ''}`)).not.toContain('PRIVATE')
})

test('a secret that is no authority is told', () => {
  expect(() => parseAuthority('a password')).toThrow('the secret fleet/ca is no authority')
})
