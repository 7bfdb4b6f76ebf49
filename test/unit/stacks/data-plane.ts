import type { Policy } from '../../../roles/producer-policy.ts'

/** Who connects: with which certificate, and as whom. */
export interface Connection {
  /** The things the certificate is attached to. */
  readonly attached: readonly string[]
  readonly clientId: string
}

export interface Act {
  readonly action: 'iot:Connect' | 'iot:Publish' | 'iot:Subscribe' | 'iot:Receive'
  /** What follows the account in the resource, e.g. `topic/a/b`. */
  readonly on: string
}

export const account = 'arn:aws:iot:eu-central-1:123456789012'

/** What AWS IoT's data plane says to an act, by the documents on policies and their variables. */
export function allows({ Statement }: Policy, { attached, clientId }: Connection, { action, on }: Act): boolean {
  // A thing's variables are there where the client's name is that of a thing the certificate is attached to.
  const thing = attached.find(name => name === clientId)
  const resolve = (text: string): string | undefined => {
    let unknown = false
    const resolved = text.replaceAll(/\$\{(iot:[\w.]+)\}/g, (_, name: string) => {
      const value = { 'iot:Connection.Thing.ThingName': thing, 'iot:ClientId': clientId }[name]
      unknown ||= value === undefined
      return value ?? ''
    })
    return unknown ? undefined : resolved
  }
  return Statement.some(
    ({ Action, Resource, Condition = {} }) =>
      Action.some(pattern => matches(pattern, action)) &&
      Resource.some(pattern => {
        const resolved = resolve(pattern)
        return resolved !== undefined && matches(resolved, `${account}:${on}`)
      }) &&
      Object.entries(Condition).every(([operator, keys]) => {
        if (operator !== 'Bool') throw new Error(`the condition ${operator} is not known here`)
        return Object.entries(keys).every(([key, wanted]) => {
          if (key !== 'iot:Connection.Thing.IsAttached') throw new Error(`the key ${key} is not known here`)
          return wanted.includes(String(thing !== undefined))
        })
      }),
  )
}

/** `*` stands for any text, `?` for one character. */
function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text)
}

/** Every cell of certificate × client name × act that a policy gets wrong, in words; none for one that is right. */
export function wrongCells(policy: Policy): readonly string[] {
  const names = ['producer1', 'producer2', 'stranger']
  const certificates = [[], ['producer1'], ['producer2'], ['producer1', 'producer2']]
  const topics = names.flatMap(name => [
    `temperature/${name}/reading`,
    `temperature/${name}`,
    `temperature/${name}/reading/more`,
    `temperature/${name}/other`,
    `$aws/things/${name}/shadow/update`,
  ])
  const acts: Act[] = [
    ...names.map(name => ({ action: 'iot:Connect' as const, on: `client/${name}` })),
    ...[...topics, 'temperature/+/reading', 'temperature/*/reading', '#'].flatMap(topic => [
      { action: 'iot:Publish' as const, on: `topic/${topic}` },
      { action: 'iot:Receive' as const, on: `topic/${topic}` },
      { action: 'iot:Subscribe' as const, on: `topicfilter/${topic}` },
    ]),
  ]
  return certificates.flatMap(attached =>
    names.flatMap(clientId =>
      acts.flatMap(act => {
        const own = attached.includes(clientId)
        const right =
          own &&
          ((act.action === 'iot:Connect' && act.on === `client/${clientId}`) ||
            (act.action === 'iot:Publish' && act.on === `topic/temperature/${clientId}/reading`))
        const said = allows(policy, { attached, clientId }, act)
        return said === right
          ? []
          : [`${attached.join('+') || 'nobody'} as ${clientId}: ${act.action} ${act.on} is ${said ? 'allowed' : 'refused'}`]
      }),
    ),
  )
}
