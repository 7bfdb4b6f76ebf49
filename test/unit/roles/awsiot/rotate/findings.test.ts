import { expect, test } from 'vitest'
import { readAgent } from '../../../../../roles/awsiot/rotate/agent.ts'
import { findingsOf, type Found } from '../../../../../roles/awsiot/rotate/findings.ts'
import type { Answer } from '../../../../../roles/awsiot/answer.ts'
import { execFileSync } from 'node:child_process'
import type { Fleet } from '../../../../../engine/inventory/types.ts'
import type { RoleTools } from '../../../../../engine/operation/index.ts'
import { outputsName } from '../../../../../roles/awsiot/names.ts'
import { rotate } from '../../../../../roles/awsiot/rotate/index.ts'
import { undeployed } from '../../../../../roles/awsiot/rotate/world.ts'

const certificate = 'c'.repeat(64)
const well: Answer = { current: { request: 'aaaaaaaaaaaa', certificate }, endpoint: true, proven: certificate }
const current = { pem: '', fingerprint: 'aaaaaaaaaaaa' }

const makes =
  'k=$(mktemp); c=$(openssl req -x509 -newkey rsa:2048 -nodes -keyout "$k" -subj /CN=x 2>/dev/null); cat "$k"; rm "$k"; echo "$c"'
const made = execFileSync('bash', ['-c', makes], { encoding: 'utf8' })
const pair = { key: made.slice(0, made.indexOf('-----BEGIN CERT')), certificate: made.slice(made.indexOf('-----BEGIN CERT')) }

const found = (answer: Partial<Answer>, change: Partial<Found> = {}) =>
  findingsOf({
    answers: new Map([['producer1', { ...well, ...answer }]]),
    silent: new Map(),
    doubtful: new Map(),
    names: ['producer1'],
    unfinished: false,
    requests: () => ({ current }),
    undeployed: [],
    ...change,
  }).map(({ refuses, what }) => `${refuses ? 'refuses' : 'notes'}: ${what}`)

test('nothing stands in the way of a Pi that sends with the certificate for what is kept of it', () => {
  expect(found({})).toEqual([])
})

test('it refuses where it cannot know what it does', () => {
  expect(found({}, { silent: new Map([['producer1', 'no route']]), answers: new Map() })).toEqual([
    'refuses: producer1 does not answer: no route',
  ])
  expect(found({ current: { request: 'bbbbbbbbbbbb', certificate } })).toEqual([
    expect.stringMatching(/refuses: .* not the one that is kept/),
  ])
  expect(found({ current: { request: 'aaaaaaaaaaaa' } })).toEqual(['refuses: producer1 has no certificate for its key yet'])
  expect(found({}, { requests: () => ({ current, former: current }) })).toEqual([expect.stringMatching(/refuses: .* left half-way/)])
  expect(found({ former: {} })).toEqual([expect.stringMatching(/refuses: .* left half-way/)])
  expect(found({}, { undeployed: ['producer2'] })).toEqual([
    expect.stringMatching(/refuses: a deploy would change more than this: producer2/),
  ])
})

test('a key that AWS makes is not renewed on the Pi', () => {
  const thing = (name: string, vars: object) => ({ name, roles: ['awsiot'], vars: { awsiot: vars } })
  const fleet = { hosts: [thing('producer1', {}), thing('producer2', { keys: 'aws' })], file: '/nowhere/fleet.yaml' } as unknown as Fleet
  const course = (...names: string[]) => rotate.course({ fleet, names, flags: {} }, {} as RoleTools)
  expect(() => course('producer1', 'producer2')).toThrow(/AWS makes the key of producer2/)
  expect(() => course('producer1')).not.toThrow()
})

test('a key AWS is to make, and has not or with another number, is a change of a deploy', () => {
  const keys = { producer2: { number: 1, ...pair } }
  const outputs = Buffer.from(JSON.stringify({ iot: { endpoint: 'a', certificates: {}, keys } }))
  const kept = Object.assign((name: string) => (name === outputsName ? outputs : undefined), { keep: () => {}, drop: () => {} })
  expect(undeployed(kept, [], { producer2: 1 })).toEqual([])
  expect(undeployed(kept, [], { producer2: 2 })).toEqual(['producer2'])
  expect(undeployed(kept, [], { producer1: 1, producer2: 1 })).toEqual(['producer1'])
  expect(undeployed(kept, ['producer2'])).toEqual(['producer2'])
})

test('an agent that was not seen at work is told of; what a run that was cut off left is not', () => {
  expect(found({ proven: 'd'.repeat(64) })).toEqual([expect.stringMatching(/^notes: producer1 has not had a reading acknowledged/)])
  expect(found({ former: {} }, { unfinished: true })).toEqual([])
})

test('the agent’s pages say with which certificate a reading was acknowledged, and what is ill', () => {
  const pages = `HTTP/1.0 200 OK\r\n\r\ncollector_up 1\ncollector_certificate_issued_timestamp_seconds{backend="awsiot",certificate="${certificate}"} 1764115200\n
ill\n! mariadb: away\n! awsiot: NOT_AUTHORIZED\n`
  expect(readAgent(pages)).toEqual({ proven: certificate, issued: 1764115200, says: 'awsiot: NOT_AUTHORIZED' })
  expect(readAgent('')).toEqual({})
})
