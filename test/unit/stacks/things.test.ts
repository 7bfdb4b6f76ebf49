import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseFleet } from '../../../engine/inventory/parse.ts'
import { registry } from '../../../roles/index.ts'
import { parseRequest } from '../../../roles/awsiot/request.ts'
import { attribute, thingsOf } from '../../../stacks/things.ts'
import { providerOf } from '../../../stacks/provider.ts'

const roles = await registry.all()

const inventory = `fleet: pi
hosts:
  producer1: { address: 192.168.1.21, model: rpi1b, roles: [base, awsiot] }
  producer2: { address: 192.168.1.22, model: rpi3b+, roles: [base, awsiot], vars: { awsiot: { location: "cellar (left)" } } }
  mysql: { address: 192.168.1.90, roles: [base] }
`
const fleet = parseFleet(inventory, path.resolve('fleet.yaml'), roles, { display: 'fleet.yaml' })

/** A request of a key of its own. */
const asked = (): Buffer =>
  execFileSync('bash', ['-c', 'openssl req -new -key <(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) -subj /CN=x'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })

test('each host with the role is a thing, with what AWS takes of its model and place', () => {
  expect(thingsOf(fleet, () => undefined)).toEqual([
    { name: 'producer1', attributes: { model: 'rpi1b', location: 'producer1' }, certificates: [] },
    { name: 'producer2', attributes: { model: 'rpi3bplus', location: 'cellar_left_' }, certificates: [] },
  ])
  expect(attribute('Küche + Bad')).toMatch(/^[\w.,@/:#-]+$/)
})

test('another key is another request; the same one written otherwise is the same', () => {
  const [one, other] = [asked().toString(), asked().toString()]
  const { pem, fingerprint } = parseRequest(one, 'producer1')
  expect(pem).toBe(one)
  expect(parseRequest(one.replaceAll('\n', '\r\n'), 'producer1')).toEqual({ pem, fingerprint })
  expect(parseRequest(other, 'producer1').fingerprint).not.toBe(fingerprint)
})

test('while a key is renewed both certificates are wanted, and the one before is shut out when the new one is proven', () => {
  const [former, next] = [asked(), asked()]
  const [old, other] = [former, next].map(each => parseRequest(each.toString(), 'producer1').fingerprint)
  const wanted = (kept: Readonly<Record<string, Buffer>>) =>
    thingsOf(fleet, name => kept[name])[0]?.certificates.map(({ request, active }) => [request.fingerprint, active])
  const both = { 'producer1.csr': former, 'producer1.next.csr': next, 'producer1.former.csr': former }
  expect(wanted({ 'producer1.csr': former })).toEqual([[old, true]])
  expect(wanted(both)).toEqual([
    [old, true],
    [other, true],
  ])
  // Provisioned in between: what it has now is the new one, and the other is not forgotten.
  expect(wanted({ ...both, 'producer1.csr': next })).toEqual([
    [other, true],
    [old, true],
  ])
  const retired = { 'producer1.csr': next, 'producer1.next.csr': next, 'producer1.retired.csr': former }
  expect(wanted(retired)).toEqual([
    [other, true],
    [old, false],
  ])
  // What anything still needs is not shut out.
  expect(wanted({ ...retired, 'producer1.former.csr': former })).toEqual([
    [other, true],
    [old, true],
  ])
})

test.for([
  '',
  'no request',
  '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  '-----BEGIN CERTIFICATE REQUEST-----\n${file("/root/.ssh/id_ed25519")}\n-----END CERTIFICATE REQUEST-----\n',
])('nothing else of a Pi comes where Terraform reads: %j', text => {
  expect(() => parseRequest(text, 'producer1')).toThrow(/provision producer1 --role awsiot/)
})

test('a region is asked for, and a mock is on this machine or none', () => {
  expect(() => providerOf({})).toThrow(/AWS_REGION/)
  expect(providerOf({ AWS_REGION: 'eu-west-1' })).toEqual({ region: 'eu-west-1' })
  expect(providerOf({ AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:5000' })).toMatchObject({ maxRetries: 2 })
  expect(() => providerOf({ AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1.example.org' })).toThrow(/this machine/)
})
