import { allReadings, producerPolicy, thingName, type Policy } from '../producer-policy.ts'
import { brokerName, sinkName } from './names.ts'

/** What a policy comes to at a broker of one's own. */
export interface Rules {
  /** A client is called what its certificate says, whatever it calls itself: nobody puts another one out. */
  readonly ownName: boolean
  /** Topics that it may publish to. */
  readonly writes: readonly string[]
}

/** No account: the topics are the broker's own. */
const account = ''
const clientPrefix = `${account}:client/`
const topicPrefix = `${account}:topic/`

/**
 * What a policy allows the thing of a name. Only what is said is allowed, there as here.
 * @throws Error where a statement says what an access list cannot: a wildcard, another action or condition
 */
export function rulesOf({ Statement }: Policy, thing: string): Rules {
  const writes: string[] = []
  let ownName = false
  for (const { Action, Resource, Condition = {} } of Statement)
    for (const action of Action)
      for (const resource of Resource) {
        // That the certificate is its own is what the broker sees at the handshake.
        const conditions = Object.values(Condition).flatMap(Object.keys)
        const strange = conditions.some(name => name !== 'iot:Connection.Thing.IsAttached') || /[*?#+]/.test(resource)
        if (!strange && action === 'iot:Connect' && resource === `${clientPrefix}${thingName}`) ownName = true
        else if (!strange && action === 'iot:Publish' && resource.startsWith(topicPrefix))
          writes.push(resource.slice(topicPrefix.length).replaceAll(thingName, () => thing))
        else throw new Error(`no access list says: ${action} on ${resource}`)
      }
  return { ownName, writes }
}

/** What producers may do at the fleet's broker: what they may at AWS IoT. */
export const producerRules = (thing: string): Rules => rulesOf(producerPolicy(account), thing)

export interface Clients {
  readonly producers: readonly string[]
  readonly sinks: readonly string[]
  /** The broker's own host. */
  readonly broker: string
}

/** The broker's access list. Who is not in it may connect, where its certificate is of the fleet, and do nothing. */
export function aclText({ producers, sinks, broker }: Clients): string {
  const users = [
    ...producers.map(name => ({ name, lines: producerRules(name).writes.map(topic => `topic write ${topic}`) })),
    ...sinks.map(name => ({ name: sinkName(name), lines: [`topic read ${allReadings}`] })),
    { name: brokerName(broker), lines: ['topic read $SYS/#'] },
  ]
  return `# Written by provision.\n${users.map(({ name, lines }) => [`user ${name}`, ...lines, ''].join('\n')).join('\n')}`
}
