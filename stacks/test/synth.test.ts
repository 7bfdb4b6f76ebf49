import { expect, test } from 'vitest'
import { wrongCells } from '../../test/unit/stacks/data-plane.ts'
import { handedPolicy, policyText, producer1, producer2, synth, wanted, type Objects } from './synthesised.ts'
import type { Thing } from '../things.ts'

const keysOf = (objects: Objects | undefined) => Object.keys(objects ?? {}).sort()

test('a thing for each producer in the group; a certificate, attached twice, for each that asked', () => {
  const { resource } = synth([producer1, producer2]).stack
  expect(resource['aws_iot_thing']).toMatchObject({
    'thing-producer1': { name: 'producer1', attributes: { model: 'rpi1b', location: 'roof' } },
    'thing-producer2': { name: 'producer2', attributes: { location: 'cellar' } },
  })
  expect(keysOf(resource['aws_iot_thing_group_membership'])).toEqual(['membership-producer1', 'membership-producer2'])
  expect(resource['aws_iot_certificate']).toMatchObject({
    'certificate-producer1-aaaa': { active: true, csr: producer1.certificates[0]?.request.pem },
  })
  for (const kind of ['aws_iot_certificate', 'aws_iot_policy_attachment', 'aws_iot_thing_principal_attachment'])
    expect(keysOf(resource[kind])).toHaveLength(1)
  expect(keysOf(resource['aws_iot_policy'])).toEqual(['policy'])
})

test('another key is another certificate; the thing and the policy stay', () => {
  const [before, after] = [synth([producer1]), synth([{ ...producer1, certificates: [wanted('bbbb')] }])].map(each => each.stack.resource)
  expect(keysOf(after?.['aws_iot_certificate'])).toEqual(['certificate-producer1-bbbb'])
  expect(after?.['aws_iot_thing']).toEqual(before?.['aws_iot_thing'])
  expect(after?.['aws_iot_policy']).toEqual(before?.['aws_iot_policy'])
})

test('while a key is renewed there are two; one that is shut out stays attached, and nobody is given it', () => {
  const { resource, output } = synth([{ ...producer1, certificates: [wanted('bbbb'), wanted('aaaa', false)] }]).stack
  expect(resource['aws_iot_certificate']).toMatchObject({
    'certificate-producer1-bbbb': { active: true },
    'certificate-producer1-aaaa': { active: false },
  })
  for (const kind of ['aws_iot_policy_attachment', 'aws_iot_thing_principal_attachment']) expect(keysOf(resource[kind])).toHaveLength(2)
  expect(Object.keys((output['certificates']?.value as Record<string, object>)['producer1'] ?? {})).toEqual(['bbbb'])
  expect(output['inactive']?.value).toEqual({ producer1: ['aaaa'] })
})

test('the policy, as Terraform hands it to AWS, allows what it should and nothing else', () => {
  expect(policyText(synth([producer1]).stack)).not.toMatch(/(?<!\$)\$\{iot:/)
  expect(wrongCells(handedPolicy())).toEqual([])
})

test('what provision reads back are outputs; no private key is asked for', () => {
  const { text, stack } = synth([producer1, producer2])
  expect(keysOf(stack.output as unknown as Objects)).toEqual(['certificates', 'endpoint', 'inactive'])
  expect(stack.output['certificates']?.value).toEqual({
    producer1: { aaaa: '${nonsensitive(aws_iot_certificate.certificate-producer1-aaaa.certificate_pem)}' },
  })
  expect(text).not.toMatch(/private_key|PRIVATE KEY/)
  expect(synth([]).stack.output['certificates']?.value).toEqual({})
})

test('another version of the provider may be asked for', () => {
  expect(synth([], { providerVersion: '~> 6.25' }).stack.terraform.required_providers.aws.version).toBe('~> 6.25')
})

test('the state is beside the inventory, or in a bucket: encrypted, and locked', () => {
  expect(synth([]).stack.terraform.backend).toEqual({ local: { path: '/state' } })
  const state = { bucket: 'states', region: 'eu-central-1', kmsKey: 'alias/states', name: 'temperature/pi/iot.tfstate' }
  expect(synth([], { state }).stack.terraform.backend).toEqual({
    s3: {
      bucket: 'states',
      region: 'eu-central-1',
      key: 'temperature/pi/iot.tfstate',
      encrypt: true,
      kms_key_id: 'alias/states',
      use_lockfile: true,
    },
  })
})

test('the fleet’s CA is registered, without taking in whoever has a certificate of it; by default there is none', () => {
  expect(synth([producer1]).stack.resource['aws_iot_ca_certificate']).toBeUndefined()
  const pem = 'signed by the fleet'
  const own: Thing = { ...producer1, signedBy: 'fleet', certificates: [{ ...wanted('aaaa'), pem }] }
  const { resource } = synth([own], { ca: 'the fleet’s CA' }).stack
  expect(resource['aws_iot_ca_certificate']).toMatchObject({
    ca: { ca_certificate_pem: 'the fleet’s CA', active: true, allow_auto_registration: false, certificate_mode: 'SNI_ONLY' },
  })
  expect(resource['aws_iot_certificate']?.['certificate-producer1-aaaa']).toEqual({
    active: true,
    certificate_pem: pem,
    ca_pem: 'the fleet’s CA',
    depends_on: ['aws_iot_ca_certificate.ca'],
  })
})

test('a rule writes each message into a bucket, by a role that may do that and nothing else; by default there is none', () => {
  expect(synth([producer1]).text).not.toMatch(/topic_rule|iam_role/)
  const { resource } = synth([producer1], { rule: { bucket: 'readings' } }).stack
  expect(resource['aws_iot_topic_rule']?.['rule']).toMatchObject({
    name: 'temperature_pi_to_bucket',
    enabled: true,
    sql: "SELECT * FROM 'temperature/+/reading'",
    s3: [{ bucket_name: 'readings', key: '$${topic()}/$${timestamp()}-$${newuuid()}.json', role_arn: '${aws_iam_role.rule-role.arn}' }],
  })
  expect(JSON.parse(String(resource['aws_iam_role_policy']?.['rule-may']?.['policy']))).toMatchObject({
    Statement: [{ Effect: 'Allow', Action: ['s3:PutObject'], Resource: ['arn:aws:s3:::readings/temperature/*'] }],
  })
})

test('AWS makes the keys where that is asked for: without a request, and the key goes to the Pi by a secret output', () => {
  const given: Thing = { ...producer1, certificates: [], keyOfAws: 2 }
  const { resource, output } = synth([given, producer2]).stack
  expect(resource['aws_iot_certificate']).toEqual({ 'certificate-producer1-key-2': { active: true } })
  for (const kind of ['aws_iot_policy_attachment', 'aws_iot_thing_principal_attachment']) expect(keysOf(resource[kind])).toHaveLength(1)
  const of = (attribute: string) => `\${aws_iot_certificate.certificate-producer1-key-2.${attribute}}`
  expect(output['keys']).toEqual({
    sensitive: true,
    value: { producer1: { number: 2, key: of('private_key'), certificate: of('certificate_pem') } },
  })
  expect(output['certificates']?.value).toEqual({})
})
