/** Where a producer publishes its readings. */
export const topicOf = (thing: string): string => `temperature/${thing}/reading`

/** The readings of all producers, for those who subscribe. */
export const allReadings = topicOf('+')

export interface Statement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** The name of the thing that connects, as AWS puts it in. */
export const thingName = '${iot:Connection.Thing.ThingName}'

/**
 * What a producer may do, one policy for all: connect as its own thing, while its certificate is attached to it, and publish its own
 * readings. Nothing else; AWS takes the variable for nothing where no thing is attached, so such a certificate can do nothing. A broker of
 * the fleet's own gets its access list from the same statements.
 * @param account `arn:aws:iot:REGION:ACCOUNT`
 */
export function producerPolicy(account: string): Policy {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['iot:Connect'],
        Resource: [`${account}:client/${thingName}`],
        Condition: { Bool: { 'iot:Connection.Thing.IsAttached': ['true'] } },
      },
      { Effect: 'Allow', Action: ['iot:Publish'], Resource: [`${account}:topic/${topicOf(thingName)}`] },
    ],
  }
}
