import { expect, test } from 'vitest'
import { aclText, producerRules, rulesOf } from '../../../../roles/mosquitto/acl.ts'
import { producerPolicy, thingName, type Statement } from '../../../../roles/producer-policy.ts'

const policy = producerPolicy('')
const [connect, publish] = policy.Statement as [Statement, Statement]

test('a producer may at the fleet’s broker what AWS lets it: connect as itself, and publish its own readings', () => {
  expect(producerRules('p1')).toEqual({ ownName: true, writes: ['temperature/p1/reading'] })
})

test('what the policy does not say, the list does not: without the statement nobody publishes', () => {
  expect(rulesOf({ ...policy, Statement: [connect] }, 'p1')).toEqual({ ownName: true, writes: [] })
  expect(rulesOf({ ...policy, Statement: [publish] }, 'p1').ownName).toBe(false)
})

test.for([
  ['any topic', { ...publish, Resource: [':topic/*'] }],
  ['any client', { ...connect, Resource: [':client/*'] }],
  ['the name a client gives itself', { ...connect, Resource: [':client/${iot:ClientId}'] }],
  ['a subscription', { ...publish, Action: ['iot:Subscribe'], Resource: [`:topicfilter/temperature/${thingName}/reading`] }],
  ['another condition', { ...publish, Condition: { Bool: { 'aws:SecureTransport': ['true'] } } }],
] as const)('a policy that a list cannot say is told, and never widened: %s', ([, statement]) => {
  expect(() => rulesOf({ ...policy, Statement: [connect, statement] }, 'p1')).toThrow('no access list says')
})

test('the list has each producer and sink by name, and the broker for its own figures', () => {
  expect(aclText({ producers: ['p1', 'p2'], sinks: ['mysql'], broker: 'hub' })).toBe(`# Written by provision.
user p1
topic write temperature/p1/reading

user p2
topic write temperature/p2/reading

user sink.mysql
topic read temperature/+/reading

user broker.hub
topic read $SYS/#
`)
})
