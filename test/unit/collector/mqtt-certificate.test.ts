import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificateIn, credentialsOf as credentialsOfFolder } from '../../../collector/backends/awsiot/credentials.ts'
import type { ShownCertificate } from '../../../collector/backends/backend.ts'
import { stampOf } from '../../../collector/backends/mqtt/certificate.ts'
import { credentialsOf } from '../../../collector/backends/mqtt/credentials.ts'
import { classifyMqttError } from '../../../collector/backends/mqtt/errors.ts'
import { deliveryEvents } from '../../../collector/delivery-events.ts'
import { createHealth } from '../../../collector/health.ts'
import { createMetrics } from '../../../collector/metrics.ts'
import { Certificates } from '../../engines/collector-support/certificates.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'shown-'))
let certificates: Certificates
beforeAll(async () => {
  certificates = await Certificates.make(folder, 'fleet')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const shownIn = (certificate: string) =>
  credentialsOf({ hosts: ['10.0.0.1'], port: 8883, certificate, tls: { ca: certificates.ca, name: 'hub' } }).certificate
const now = () => Date.now() / 1000

describe('the certificate that is shown', () => {
  test('another one in its place is seen without reading it, a copy with the same date as well; where there is none nothing is', async () => {
    const file = await certificates.of('p1', ['p1'])
    const stamp = stampOf(file)
    expect(stampOf(file)).toBe(stamp)
    copyFileSync(file, `${file}.new`)
    utimesSync(`${file}.new`, 1_700_000_000, 1_700_000_000)
    utimesSync(file, 1_700_000_000, 1_700_000_000)
    const dated = stampOf(file)
    expect(dated).not.toBe(stamp)
    renameSync(`${file}.new`, file)
    expect(stampOf(file)).not.toBe(dated)
    rmSync(file)
    expect(stampOf(file)).toBeUndefined()
    expect(stampOf(path.join(certificates.ca, 'below a file'))).toBeUndefined()
  })

  test('is as old as its file where its CA dates it back, and never older than it says itself', async () => {
    const [one, other] = [await certificates.of('p1', ['p1']), await certificates.of('p1', ['p1'])]
    expect(shownIn(one).fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect(shownIn(one).fingerprint).not.toBe(shownIn(other).fingerprint)
    expect(Math.abs(shownIn(one).issued - now())).toBeLessThan(600)
    // A Pi whose clock stood at the day of its image.
    utimesSync(one, 0, 0)
    expect(shownIn(one).issued).toBe(Date.parse('2020-01-01T00:00:00Z') / 1000)
  })

  test('one that is damaged is an error of its file', async () => {
    const file = await certificates.of('p1', ['p1'])
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(BEGIN CERTIFICATE-----\n).{20}/, '$1AAAAAAAAAAAAAAAAAAAA'))
    let error: unknown
    try {
      shownIn(file)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'KEY_FILE' })
    expect(classifyMqttError(error)).toMatchObject({ kind: 'refused', code: 'KEY_FILE' })
  })

  test('one that was replaced lets the delivery connect again, and is no illness', () => {
    expect(classifyMqttError(Object.assign(new Error('x'), { code: 'NEW_CERTIFICATE' }))).toMatchObject({
      kind: 'transient',
      code: 'NEW_CERTIFICATE',
    })
  })

  test('in AWS’s folder: for another key, damaged, and good', async () => {
    const of = () => credentialsOfFolder({ folder, hosts: ['10.0.0.1'], port: 8883 })
    const [one, other] = [await certificates.of('p1', ['p1']), await certificates.of('p1', ['p1'])]
    copyFileSync(certificates.ca, path.join(folder, 'rootCA.pem'))
    const pem = (file: string) => /-----BEGIN CERTIFICATE[^]+/.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
    copyFileSync(one, path.join(folder, 'private.pem.key'))
    expect(of).toThrow(expect.objectContaining({ code: 'NO_CERTIFICATE_YET' }) as Error)
    writeFileSync(certificateIn(folder), pem(other))
    expect(of).toThrow(expect.objectContaining({ code: 'CERTIFICATE_OF_ANOTHER_KEY' }) as Error)
    writeFileSync(certificateIn(folder), 'no certificate')
    expect(of).toThrow(expect.objectContaining({ code: 'KEY_FILE' }) as Error)
    writeFileSync(certificateIn(folder), pem(one))
    expect(of().certificate.fingerprint).toBe(shownIn(one).fingerprint)
  })
})

test('the metric has the certificate a reading was acknowledged with last, and no other', async () => {
  const metrics = createMetrics('p1', ['mqtt'])
  let shown: ShownCertificate | undefined
  const events = deliveryEvents(
    'mqtt',
    metrics,
    createHealth(['mqtt'], 1000),
    () => {},
    () => {},
    () => shown,
  )
  const series = async () => (await metrics.issued.get()).values.map(({ labels, value }) => [labels['certificate'], value])
  events.stored(1, 0, 0.1)
  expect(await series()).toEqual([])
  shown = { fingerprint: 'aa', issued: 1 }
  events.stored(1, 0, 0.1)
  shown = { fingerprint: 'bb', issued: 2 }
  expect(await series()).toEqual([['aa', 1]])
  events.stored(1, 0, 0.1)
  expect(await series()).toEqual([['bb', 2]])
})
