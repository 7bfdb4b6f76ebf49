import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { certificate, certificateText, filesIn, privateKey, request, roots, withoutCertificate } from '../../../../roles/awsiot/key.ts'
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
