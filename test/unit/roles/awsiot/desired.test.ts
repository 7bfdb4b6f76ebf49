import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Facts } from '../../../../engine/facts.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { nameOf } from '../../../../engine/resources/index.ts'
import awsiot from '../../../../roles/awsiot/index.ts'
import { destroyedText, parseOutputs } from '../../../../roles/awsiot/outputs.ts'

/** A key with a certificate for it. */
function pairMade(): { readonly key: string; readonly pem: string } {
  const makes = `k=$(mktemp); c=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$k" -subj /CN=x -days 9 2>/dev/null)
cat "$k"; rm "$k"; echo "$c"`
  const both = execFileSync('bash', ['-c', makes]).toString()
  const begin = both.indexOf('-----BEGIN CERTIFICATE')
  return { key: both.slice(0, begin), pem: both.slice(begin) }
}
const { key, pem } = pairMade()
const endpoint = 'a0example-ats.iot.eu-central-1.amazonaws.com'
const said = { iot: { endpoint, certificates: { producer1: { aaaa: pem } }, inactive: {}, keys: {} } }

function desired(name: string, outputs?: unknown, keys: 'pi' | 'aws' = 'pi'): readonly string[] {
  const content = outputs === undefined ? undefined : Buffer.from(JSON.stringify(outputs))
  const kept = Object.assign((of: string) => (of === 'outputs.json' ? content : undefined), { keep: () => {}, drop: () => {} })
  const host = { name, address: '10.0.0.1', roles: ['awsiot'], vars: {} } as unknown as Host
  const context = {
    host,
    fleet: {} as Fleet,
    facts: {} as Facts,
    vars: { maxAge: 365, signedBy: 'aws' as const, keys, keyNumber: 1 },
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

test('where AWS makes the key the Pi makes none, and gets it with its certificate', () => {
  const made = (certificate: string, number = 1) => ({ iot: { ...said.iot, keys: { producer1: { number, key, certificate } } } })
  expect(desired('producer1', undefined, 'aws').filter(name => /key|request/.test(name))).toEqual([])
  expect(desired('producer1', said, 'aws')).toEqual(desired('producer1', undefined, 'aws'))
  expect(desired('producer1', made(pem), 'aws').slice(-2)).toEqual([
    'file /etc/awsiot/endpoint',
    'command key and certificate that AWS made',
  ])
  // Another machine deployed: what this one knows is of before.
  expect(desired('producer1', made(pem, 2), 'aws')).toEqual(desired('producer1', undefined, 'aws'))
  expect(() => desired('producer1', made(pairMade().pem), 'aws')).toThrow(/another key/)
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
