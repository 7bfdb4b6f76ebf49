import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authoritySecret, openAuthority, ownAuthoritySecret, type Authority } from '../../../../engine/ca/authority.ts'
import { namesIn, namesOf } from '../../../../engine/ca/names.ts'
import { splitPem } from '../../../../engine/ca/pem.ts'
import { openSecrets } from '../../../../engine/secrets/secrets.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'ca-'))
const inventory = path.join(folder, 'pi.yaml')
const secrets = (preview = false) => openSecrets(inventory, { env: {}, home: folder, preview })
const openssl = (...words: string[]): string =>
  execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
let authority: Authority

/** A request as a Pi makes it, and more: what it asks for is to be ignored. */
function request(name: string, curve = 'P-256'): string {
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', `${name}.key`)
  return openssl(
    'req',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    '/CN=somebody else',
    '-addext',
    'subjectAltName=DNS:bank.example',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
  )
}

beforeAll(async () => {
  authority = await openAuthority(secrets(), 'home', false)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the CA of a fleet', () => {
  test('is made once, kept encrypted with its key, and only read from then on', async () => {
    expect((await openAuthority(secrets(), 'home', false)).certificate).toBe(authority.certificate)
    expect(readFileSync(path.join(folder, 'pi.secrets.age'), 'latin1')).not.toContain('PRIVATE')
    expect(splitPem(secrets().show(authoritySecret) ?? '').key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    const { ca, subject } = new X509Certificate(authority.certificate)
    expect([ca, subject]).toEqual([true, 'CN=CA of the fleet home'])
  })

  test('is hidden from output with its key, line by line; its certificate is not', () => {
    const kept = secrets()
    const { key = '' } = splitPem(kept.show(authoritySecret) ?? '')
    for (const text of [key, key.split('\n')[1] ?? '', Buffer.from(key).toString('base64')])
      expect(kept.redactor.redact(`x ${text}`)).not.toContain(text.trim().slice(0, 40))
    // The public key may stand in both, and be one line of both.
    const shown = kept.redactor.redact(authority.certificate)
    expect(authority.certificate.split('\n').filter(line => shown.includes(line)).length).toBeGreaterThanOrEqual(
      authority.certificate.split('\n').length - 1,
    )
  })

  test('of two runs that make one at once, both have the same', async () => {
    const other = path.join(folder, 'other.yaml')
    const made = await Promise.all([1, 2].map(() => openAuthority(openSecrets(other, { env: {}, home: folder }), 'other', false)))
    expect(made[0]?.certificate).toBe(made[1]?.certificate)
  })

  test('is not made under --check, and signs nothing there', async () => {
    const unseen = openSecrets(path.join(folder, 'new.yaml'), { env: {}, home: folder, preview: true })
    const preview = await openAuthority(unseen, 'new', true)
    expect(preview.certificate).toBe('(secret fleet/ca, made when it is needed)')
    await expect(preview.issue('', { subject: '', names: [], days: 1 })).rejects.toThrow('--check')
    expect(unseen.list()).toEqual([])
  })

  test('cannot be rotated as a password, and is refused where it is something else', async () => {
    expect(() => secrets().rotate(authoritySecret)).toThrow('is no password')
    const odd = openSecrets(path.join(folder, 'odd.yaml'), { env: { FLEET_SECRET_FLEET_CA: 'password' }, home: folder })
    await expect(openAuthority(odd, 'odd', false)).rejects.toThrow('no private key with its certificate')
  })
})

describe('what it signs', () => {
  test('says what the inventory says, nothing of what the request asks for, and is good in the past of a Pi without a clock', async () => {
    const pem = await authority.issue(request('pi'), {
      subject: 'mysql',
      names: ['mysql', 'mysql.local', '10.0.0.90', 'FD00:0::90'],
      days: 30,
    })
    writeFileSync(path.join(folder, 'ca.pem'), authority.certificate)
    writeFileSync(path.join(folder, 'pi.pem'), pem)
    expect(openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', '-purpose', 'sslserver', '-verify_ip', 'fd00::90', 'pi.pem')).toContain(
      'OK',
    )
    expect(
      openssl(
        'verify',
        '-x509_strict',
        '-CAfile',
        'ca.pem',
        '-purpose',
        'sslclient',
        '-verify_hostname',
        'mysql.local',
        '-attime',
        '1590000000',
        'pi.pem',
      ),
    ).toContain('OK')
    const made = new X509Certificate(pem)
    expect([made.subject, made.ca, namesIn(made.subjectAltName)]).toEqual([
      'CN=mysql',
      false,
      ['mysql', 'mysql.local', '10.0.0.90', 'fd00::90'],
    ])
    expect(Math.round((Date.parse(made.validTo) - Date.now()) / 86_400_000)).toBe(30)
    expect(openssl('x509', '-in', 'pi.pem', '-noout', '-pubkey')).toBe(openssl('pkey', '-in', 'pi.key', '-pubout'))
  })

  test('is nothing for who does not have the private key, or has one of another kind', async () => {
    const wish = { subject: 'a', names: ['a'], days: 1 }
    const good = request('own')
    // Another's public key in one's own request: the signature does not fit.
    const der = openssl('pkey', '-in', 'own.key', '-pubout', '-outform', 'DER', '-out', 'own.der')
    expect(der).toBe('')
    const own = readFileSync(path.join(folder, 'own.der'))
    request('victim')
    openssl('pkey', '-in', 'victim.key', '-pubout', '-outform', 'DER', '-out', 'victim.der')
    const raw = Buffer.from(good.replace(/-----[^-]+-----/g, ''), 'base64')
    raw.set(readFileSync(path.join(folder, 'victim.der')), raw.indexOf(own))
    const stolen = `-----BEGIN CERTIFICATE REQUEST-----\n${raw.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    await expect(authority.issue(stolen, wish)).rejects.toThrow('not signed with the private key')
    await expect(authority.issue(request('big', 'P-384'), wish)).rejects.toThrow('another kind')
    await expect(authority.issue('no request', wish)).rejects.toThrow()
  })
})

test('a CA for one thing alone is another one: who believes it believes nobody of the fleet’s', async () => {
  const own = await openAuthority(secrets(), 'home', false, { own: 'stream' })
  expect((await openAuthority(secrets(), 'home', false, { own: 'stream' })).certificate).toBe(own.certificate)
  expect(splitPem(secrets().show(ownAuthoritySecret('stream')) ?? '').key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  expect(new X509Certificate(own.certificate).subject).toBe('CN=CA of the fleet home for stream')
  const wish = { subject: 'pi', names: ['pi'], days: 1 }
  const [ofOwn, ofFleet] = [await own.issue(request('in'), wish), await authority.issue(request('out'), wish)].map(
    pem => new X509Certificate(pem),
  )
  const ca = new X509Certificate(own.certificate)
  expect([ofOwn?.verify(ca.publicKey), ofFleet?.verify(ca.publicKey)]).toEqual([true, false])
})

test('a host is called by its name and its address, in one spelling', () => {
  expect(namesOf({ name: 'mysql', address: '10.0.0.90' })).toEqual(['mysql', '10.0.0.90'])
  expect(namesOf({ name: 'pi', address: 'FE80::0:1%eth0' })).toEqual(['pi', 'fe80::1'])
  expect(namesOf({ name: 'pi', address: 'Pi.local' })).toEqual(['pi', 'pi.local'])
  expect(namesOf({ name: 'pi', address: 'pi' })).toEqual(['pi'])
})
