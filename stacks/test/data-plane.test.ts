import { expect, test } from 'vitest'
import { wrongCellsOver } from '../../test/engines/mqtt-support/cells.ts'
import type { Policy, Statement } from '../../roles/producer-policy.ts'
import { handedPolicy } from './synthesised.ts'

const minutes = 60_000
const account = (policy: Policy) => policy.Statement[0]?.Resource[0]?.split(':client/')[0] ?? ''

test(
  'over real connections each cell of certificate × name × act is as it should be',
  async () => {
    const { cells, wrong } = await wrongCellsOver(handedPolicy())
    expect(wrong).toEqual([])
    expect(cells).toBeGreaterThan(100)
  },
  2 * minutes,
)

/** Each is the policy that was synthesised with one thing too much. */
const widened: readonly (readonly [string, (policy: Policy) => readonly Statement[]])[] = [
  ['any topic', policy => [...policy.Statement, { Effect: 'Allow', Action: ['iot:Publish'], Resource: [`${account(policy)}:topic/*`] }]],
  [
    'the topics of all things',
    policy => [
      ...policy.Statement,
      { Effect: 'Allow', Action: ['iot:Publish'], Resource: [`${account(policy)}:topic/temperature/*/reading`] },
    ],
  ],
  [
    'a connection by name alone',
    policy => [...policy.Statement, { Effect: 'Allow', Action: ['iot:Connect'], Resource: [`${account(policy)}:client/\${iot:ClientId}`] }],
  ],
  [
    'a subscription to what is one’s own',
    policy => [
      ...policy.Statement,
      {
        Effect: 'Allow',
        Action: ['iot:Subscribe'],
        Resource: [`${account(policy)}:topicfilter/temperature/\${iot:Connection.Thing.ThingName}/#`],
      },
    ],
  ],
  ['everything', () => [{ Effect: 'Allow', Action: ['iot:*'], Resource: ['*'] }]],
]
test.each(widened)(
  'one that allows too much is caught: %s',
  async (_, widen) => {
    const policy = handedPolicy()
    expect((await wrongCellsOver({ ...policy, Statement: widen(policy) })).wrong).not.toEqual([])
  },
  2 * minutes,
)
