import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openAuthority } from '../../../engine/ca/authority.ts'
import { parseFleet } from '../../../engine/inventory/parse.ts'
import { openSecrets } from '../../../engine/secrets/secrets.ts'
import { registry } from '../../../roles/index.ts'
import { parseRequest } from '../../../roles/awsiot/request.ts'
import { signedByFleet } from '../../../stacks/own-ca.ts'
import { placeOf, refuseFormerState, type Place } from '../../../stacks/place.ts'
import { settingsOf } from '../../../stacks/settings.ts'
import { attribute, hasKeysOfAws, thingsOf } from '../../../stacks/things.ts'
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
    { name: 'producer1', attributes: { model: 'rpi1b', location: 'producer1' }, certificates: [], signedBy: 'aws' },
    { name: 'producer2', attributes: { model: 'rpi3bplus', location: 'cellar_left_' }, certificates: [], signedBy: 'aws' },
  ])
  expect(attribute('Küche + Bad')).toMatch(/^[\w.,@/:#-]+$/)
})

test('where AWS makes the key, what the Pi asked for before counts no more', () => {
  const given = parseFleet(inventory.replace('location: ', 'keys: aws, keyNumber: 3, location: '), path.resolve('fleet.yaml'), roles, {
    display: 'fleet.yaml',
  })
  const things = thingsOf(given, name => (name === 'producer2.csr' ? asked() : undefined))
  expect(things.map(({ certificates, keyOfAws }) => [certificates.length, keyOfAws])).toEqual([
    [0, undefined],
    [0, 3],
  ])
  expect([hasKeysOfAws(given), hasKeysOfAws(fleet)]).toEqual([true, false])
})

test('who makes the keys signs them', () => {
  const both = inventory.replace('location: ', 'keys: aws, signedBy: fleet, location: ')
  expect(() => parseFleet(both, path.resolve('fleet.yaml'), roles, { display: 'fleet.yaml' })).toThrow(/signs them/)
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

test('what is said of the whole fleet is said alike by all its things', () => {
  const said = (text: string) => settingsOf(parseFleet(text, path.resolve('fleet.yaml'), roles, { display: 'fleet.yaml' }))
  const state = 'state: { bucket: states, region: eu-central-1 }'
  expect(said(inventory)).toEqual({})
  expect(said(inventory.replace('hosts:', `vars: { awsiot: { rule: { bucket: readings }, ${state} } }\nhosts:`))).toEqual({
    rule: { bucket: 'readings' },
    state: { bucket: 'states', region: 'eu-central-1' },
  })
  expect(() => said(inventory.replace('location: ', `${state}, location: `))).toThrow(/the whole fleet’s/)
})

test('what the fleet’s CA signed once is the same the next time, and by another CA it is signed anew', async () => {
  const kept = new Map<string, Buffer>()
  const keep = Object.assign((name: string) => kept.get(name), {
    keep: (name: string, content: Uint8Array) => void kept.set(name, Buffer.from(content)),
    drop: (name: string) => void kept.delete(name),
  })
  const folder = mkdtempSync(path.join(tmpdir(), 'own-ca-'))
  const authority = (name: string) => openAuthority(openSecrets(path.join(folder, `${name}.yaml`), { env: {}, home: folder }), name, false)
  const request = parseRequest(asked().toString(), 'producer1')
  const things = [
    { name: 'producer1', attributes: {}, certificates: [{ request, active: true }], signedBy: 'fleet' as const },
    { name: 'producer2', attributes: {}, certificates: [{ request, active: true }], signedBy: 'aws' as const },
  ]
  try {
    const [one, other] = [await authority('one'), await authority('other')]
    const pems = async (ca: typeof one) =>
      (await signedByFleet(things, async () => ca, keep)).map(({ certificates }) => certificates[0]?.pem)
    const [first, byAws] = await pems(one)
    expect(byAws).toBeUndefined()
    expect(new X509Certificate(first ?? '').checkIssued(new X509Certificate(one.certificate))).toBe(true)
    expect(await pems(one)).toEqual([first, undefined])
    expect((await pems(other))[0]).not.toBe(first)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('each fleet has a state and a folder of its own, and one of before is not passed over', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'place-'))
  try {
    const [home, other] = ['home', 'other'].map(name => placeOf({ file: path.join(folder, `${name}.yaml`), name })) as [Place, Place]
    for (const part of ['out', 'stack', 'outputs', 'state'] as const) expect(home[part]).not.toBe(other[part])
    expect(() => refuseFormerState(home, folder)).not.toThrow()
    writeFileSync(path.join(folder, 'terraform.iot.tfstate'), '{}')
    expect(() => refuseFormerState(home, folder)).toThrow(`mv terraform.iot.tfstate ${home.state}`)
    mkdirSync(path.dirname(home.state), { recursive: true })
    writeFileSync(home.state, '{}')
    expect(() => refuseFormerState(home, folder)).not.toThrow()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
