import { expect, test } from 'vitest'
import { producerPolicy, type Policy, type Statement } from '../../../roles/producer-policy.ts'
import { forTerraform } from '../../../stacks/policy.ts'
import { account, wrongCells } from './data-plane.ts'

const policy = producerPolicy(account)
const [connect, publish] = policy.Statement as [Statement, Statement]
const withStatements = (...Statement: Statement[]): Policy => ({ ...policy, Statement })

test('a producer connects as its own thing and publishes its own readings, and nothing else', () => {
  expect(wrongCells(policy)).toEqual([])
})

test('no action and no resource has a wildcard', () => {
  for (const { Action, Resource } of policy.Statement) expect([...Action, ...Resource].join()).not.toMatch(/[*?]/)
})

// The notes' policy was the last one.
test.for([
  ['any topic', withStatements(connect, { ...publish, Resource: [`${account}:topic/*`] })],
  ['the topic of any producer', withStatements(connect, { ...publish, Resource: [`${account}:topic/temperature/*/reading`] })],
  [
    'a connection by client name alone',
    withStatements({ Effect: 'Allow', Action: ['iot:Connect'], Resource: [`${account}:client/\${iot:ClientId}`] }, publish),
  ],
  [
    'a subscription',
    withStatements(connect, publish, { Effect: 'Allow', Action: ['iot:Subscribe'], Resource: [`${account}:topicfilter/*`] }),
  ],
  ['everything', withStatements({ Effect: 'Allow', Action: ['iot:*'], Resource: ['*'] })],
] as const)('a policy that allows too much is seen: %s', ([, widened]) => {
  expect(wrongCells(widened)).not.toEqual([])
})

test('Terraform leaves the variables of AWS alone, and reads its own', () => {
  expect(forTerraform('${iot:Connection.Thing.ThingName} ${aws_iot_thing.x.arn}')).toBe(
    '$${iot:Connection.Thing.ThingName} ${aws_iot_thing.x.arn}',
  )
})
