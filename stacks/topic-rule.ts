import { allReadings } from '../roles/producer-policy.ts'
import { IamRole, IamRolePolicy, IotTopicRule, type Construct } from './bindings.ts'
import { forTerraform } from './policy.ts'

/** AWS's own expressions in a rule: the topic, when the message came, and what makes two of one moment two. */
const objectOf = '${topic()}/${timestamp()}-${newuuid()}.json'

/** AWS writes each message into a bucket, as it came; by a role that may do that there and nothing else. */
export function writesToBucket(scope: Construct, fleet: string, bucket: string): void {
  const name = `temperature-${fleet}-to-bucket`
  const role = new IamRole(scope, 'rule-role', {
    name,
    assumeRolePolicy: policy([{ Effect: 'Allow', Principal: { Service: 'iot.amazonaws.com' }, Action: 'sts:AssumeRole' }]),
  })
  new IamRolePolicy(scope, 'rule-may', {
    name,
    role: role.name,
    policy: policy([{ Effect: 'Allow', Action: ['s3:PutObject'], Resource: [`arn:aws:s3:::${bucket}/temperature/*`] }]),
  })
  new IotTopicRule(scope, 'rule', {
    // Letters, digits and `_`.
    name: name.replaceAll('-', '_'),
    description: 'each message of the producers, as it came',
    enabled: true,
    sql: `SELECT * FROM '${allReadings}'`,
    sqlVersion: '2016-03-23',
    s3: [{ bucketName: bucket, key: forTerraform(objectOf), roleArn: role.arn }],
  })
}

const policy = (statements: readonly unknown[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })
