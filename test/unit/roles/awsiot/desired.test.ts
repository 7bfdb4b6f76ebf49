import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Facts } from '../../../../engine/facts.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { nameOf } from '../../../../engine/resources/index.ts'
import awsiot from '../../../../roles/awsiot/index.ts'
import { destroyedText, parseOutputs } from '../../../../roles/awsiot/outputs.ts'

const pem = execFileSync('bash', [
  '-c',
  'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=x -days 9 2>/dev/null',
]).toString()
const endpoint = 'a0example-ats.iot.eu-central-1.amazonaws.com'
const said = { iot: { endpoint, certificates: { producer1: { aaaa: pem } }, inactive: {} } }

function desired(name: string, outputs?: unknown): readonly string[] {
  const content = outputs === undefined ? undefined : Buffer.from(JSON.stringify(outputs))
  const kept = Object.assign((of: string) => (of === 'outputs.json' ? content : undefined), { keep: () => {}, drop: () => {} })
  const host = { name, address: '10.0.0.1', roles: ['awsiot'], vars: {} } as unknown as Host
  const context = {
    host,
    fleet: {} as Fleet,
    facts: {} as Facts,
    vars: { maxAge: 365, signedBy: 'aws' as const },
    prepared: undefined,
    secret: () => '',
    offered: () => [],
  }
  return collect(awsiot.desired({ ...context, kept })).map(nameOf)
}

const certificate = ['file /etc/awsiot/endpoint', 'command certificate of AWS IoT']

test('before anything is deployed the Pi makes its request, and nothing more', () => {
  expect(desired('producer1')).toEqual([
    'apt openssl ca-certificates',
    'user collector',
    'directory /etc/awsiot',
    'command key for AWS IoT',
    'command certificate request for AWS IoT',
    'fetched /etc/awsiot/request.csr',
    'command root certificates of AWS IoT',
  ])
})

test('what AWS made goes to the Pi it is for', () => {
  expect(desired('producer1', said).slice(-2)).toEqual(certificate)
  expect(desired('producer2', said)).toEqual(desired('producer2'))
})

test('after all of it was destroyed the Pi is to have no certificate, and the line of the run says why', () => {
  const text = destroyedText(new Date('2026-11-26T01:02:03Z'))
  expect(desired('producer1', JSON.parse(text)).slice(-1)).toEqual(['command no certificate: all of AWS IoT was destroyed on 2026-11-26'])
})

test('both ways to ask for the outputs are read', () => {
  expect(parseOutputs(Buffer.from(JSON.stringify(said)))).toEqual(said.iot)
  const { certificates } = said.iot
  expect(parseOutputs(Buffer.from(JSON.stringify({ endpoint: { value: endpoint }, certificates: { value: certificates } })))).toEqual(
    said.iot,
  )
})

test.for([
  '',
  '{"iot":{}}',
  '{"iot":{"endpoint":"a b","certificates":{}}}',
  '{"iot":{"endpoint":"a","certificates":{"producer1":{"a":"x"}}}}',
])('an outputs file that is none stops, and says how to get one: %j', text => {
  expect(() => parseOutputs(Buffer.from(text))).toThrow(expect.objectContaining({ hint: expect.stringMatching(/stacks:deploy/) }))
})
