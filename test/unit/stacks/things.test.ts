import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseFleet } from '../../../engine/inventory/parse.ts'
import { roles } from '../../../roles/index.ts'
import { attribute, parseRequest, thingsOf } from '../../../stacks/things.ts'
import { providerOf } from '../../../stacks/provider.ts'

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
    { name: 'producer1', attributes: { model: 'rpi1b', location: 'producer1' } },
    { name: 'producer2', attributes: { model: 'rpi3bplus', location: 'cellar_left_' } },
  ])
  expect(attribute('Küche + Bad')).toMatch(/^[\w.,@/:#-]+$/)
})

test('another key is another request; the same one written otherwise is the same', () => {
  const [one, other] = [asked().toString(), asked().toString()]
  const { pem, fingerprint } = parseRequest(one, 'producer1')
  expect(pem).toBe(one)
  expect(parseRequest(one.replaceAll('\n', '\r\n'), 'producer1')).toEqual({ pem, fingerprint })
  expect(parseRequest(other, 'producer1').fingerprint).not.toBe(fingerprint)
  expect(
    thingsOf(fleet, ({ name }) => (name === 'producer1' ? Buffer.from(one) : undefined)).map(({ request }) => request?.fingerprint),
  ).toEqual([fingerprint, undefined])
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
