import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  certificate,
  certificateText,
  filesIn,
  keyOfAws,
  privateKey,
  request,
  roots,
  withoutCertificate,
} from '../../../../roles/awsiot/key.ts'
import { readAwsiot } from '../../../../roles/awsiot/status.ts'

const owner = userInfo().username
let files = filesIn('')
beforeEach(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'awsiot-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  files = filesIn(folder)
})

const sh = (text: string) => execFileSync('bash', ['-c', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const holds = (text: string) => spawnSync('bash', ['-c', text], { stdio: 'ignore' }).status === 0
const read = (file: string) => readFileSync(file, 'utf8')
const steps = () => [privateKey(files, owner), request(files, owner, 'producer1')]
const makeAll = () => steps().forEach(({ run }) => sh(run))

describe('key and request', () => {
  test('are made, for the agent alone, and a second run has nothing to do', () => {
    expect(steps().map(({ unless }) => holds(unless))).toEqual([false, false])
    makeAll()
    expect(steps().map(({ unless }) => holds(unless))).toEqual([true, true])
    expect(statSync(files.key).mode & 0o777).toBe(0o600)
    expect(createPublicKey(createPrivateKey(read(files.key))).export({ type: 'spki', format: 'pem' })).toBe(read(files.publicKey))
    expect(sh(`openssl req -in '${files.request}' -noout -subject -verify 2>&1`)).toMatch(/producer1/)
    expect(readdirSync(path.dirname(files.key)).filter(name => name.endsWith('-new'))).toEqual([])
  })

  test('a key that is there stays, whatever else is wrong', () => {
    makeAll()
    const before = read(files.key)
    sh(`chmod 0644 '${files.key}'; : >'${files.request}'; rm '${files.publicKey}'`)
    expect(steps().map(({ unless }) => holds(unless))).toEqual([false, false])
    makeAll()
    expect(read(files.key)).toBe(before)
    expect(statSync(files.key).mode & 0o777).toBe(0o600)
    expect(steps().map(({ unless }) => holds(unless))).toEqual([true, true])
  })

  test('another key gets another request', () => {
    makeAll()
    const before = read(files.request)
    rmSync(files.key)
    expect(steps().map(({ unless }) => holds(unless))).toEqual([false, false])
    makeAll()
    expect(read(files.request)).not.toBe(before)
    expect(steps().map(({ unless }) => holds(unless))).toEqual([true, true])
  })
})

test('of the certificates there are, the Pi gets the one for its key, and keeps what it has where none is', () => {
  makeAll()
  const sign = () => sh(`openssl req -x509 -key '${files.key}' -subj /CN=x -days 9 2>/dev/null`)
  const former = sign()
  rmSync(files.key)
  makeAll()
  const own = sign()
  const both = certificate(files, owner, [former, own])
  expect(holds(both.unless)).toBe(false)
  sh(both.run)
  expect([read(files.certificate), holds(both.unless)]).toEqual([own, true])
  const other = certificate(files, owner, [former])
  expect(holds(other.unless)).toBe(true)
  sh(other.run)
  expect(read(files.certificate)).toBe(own)
  const gone = withoutCertificate(files)
  expect(holds(gone.unless)).toBe(false)
  sh(gone.run)
  expect(holds(gone.unless)).toBe(true)
})

describe('a key that AWS made', () => {
  const made = () => {
    const at = path.join(path.dirname(files.key), 'of-aws')
    sh(`openssl req -x509 -newkey rsa:2048 -nodes -keyout '${at}' -subj /CN=x -days 9 -out '${at}.crt' 2>/dev/null`)
    return { key: read(at), certificate: read(`${at}.crt`) }
  }

  test('takes the place of the Pi’s own, with its certificate, and a second run has nothing to do', () => {
    makeAll()
    const given = made()
    const step = keyOfAws(files, owner, given)
    expect(holds(step.unless)).toBe(false)
    sh(step.run)
    expect([read(files.key), read(files.certificate), holds(step.unless)]).toEqual([given.key, given.certificate, true])
    expect(createPublicKey(createPrivateKey(given.key)).export({ type: 'spki', format: 'pem' })).toBe(read(files.publicKey))
    expect(statSync(files.key).mode & 0o777).toBe(0o600)
    expect(readdirSync(path.dirname(files.key))).not.toContain('request.csr')
    const another = keyOfAws(files, owner, made())
    expect(holds(another.unless)).toBe(false)
    sh(another.run)
    expect([holds(another.unless), holds(step.unless)]).toEqual([true, false])
    // How it is told that it is there does not show it.
    expect(step.unless).not.toContain('PRIVATE')
  })

  test('is never taken for the Pi’s own: that is made anew, wherever the way to the other was cut', () => {
    const given = made()
    sh(keyOfAws(files, owner, given).run)
    expect(steps().map(({ unless }) => holds(unless))).toEqual([false, false])
    makeAll()
    expect(read(files.key)).not.toBe(given.key)
    expect(steps().map(({ unless }) => holds(unless))).toEqual([true, true])
    // Cut between the mark and the key: it is made once more, for nobody knows whose it is.
    const before = read(files.key)
    writeFileSync(files.ofAws, '')
    expect(holds(privateKey(files, owner).unless)).toBe(false)
    makeAll()
    expect(read(files.key)).not.toBe(before)
  })
})

test('the roots are those of Debian, and follow them', () => {
  const folder = path.dirname(files.key)
  writeFileSync(path.join(folder, 'root1.crt'), 'one\n')
  const made = () => roots(files, owner, `${folder}/root[1-4].crt`)
  expect(holds(made().unless)).toBe(false)
  sh(made().run)
  expect(holds(made().unless)).toBe(true)
  writeFileSync(path.join(folder, 'root2.crt'), 'two\n')
  expect(holds(made().unless)).toBe(false)
  sh(made().run)
  expect(read(files.ca)).toBe('one\ntwo\n')
})

describe('how it stands', () => {
  const status = (maxAge = 365) => readAwsiot(sh(certificateText(files)), maxAge)
  const signOwn = (key: string) =>
    sh(`openssl req -x509 -key '${key}' -subj /CN=x -days 9999 -out '${files.certificate}' 2>&1; echo host >'${files.endpoint}'`)

  test('nothing deployed yet is no failure, and says what to do', () => {
    expect(status()).toEqual({ warns: [expect.stringMatching(/no certificate of AWS yet: npm run stacks:deploy/)] })
    makeAll()
    expect(status()).toEqual({ warns: [expect.stringMatching(/no certificate/)] })
  })

  test('a certificate for a key of before is told', () => {
    makeAll()
    signOwn(files.key)
    expect(status()).toEqual({ says: ['its certificate is 0 days old'] })
    rmSync(files.key)
    makeAll()
    expect(status()).toEqual({ warns: [expect.stringMatching(/for a key it has no more/)] })
  })

  test('age warns, for the end is in 2049', () => {
    const day = 86_400
    expect(readAwsiot(`since 0\nnow ${366 * day}\n`, 365)).toEqual({ warns: [expect.stringMatching(/366 days old: rotate it/)] })
    expect(readAwsiot(`since 0\nnow ${365 * day}\n`, 365)).toEqual({ says: ['its certificate is 365 days old'] })
    expect(readAwsiot('', 365)).toMatchObject({ wrong: [expect.anything()] })
  })
})
