import type { Connection } from './protocol/connection.ts'
import { refuse } from './protocol/errors.ts'
import { alterConfigs, describeConfigs } from './protocol/requests.ts'
import { clusterOf } from './topics.ts'

const [topicType, brokerType] = [2, 4]
const [set, remove] = [0, 1]
/** The name of all brokers together: what is set for them holds for one that starts meanwhile, too. */
const everyBroker = ''
const rates = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate']
const copies = ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas']

/** What is slowed down. */
export interface ThrottlesSeen {
  /** Bytes a second that each broker gives, and takes; none where they are not bounded. */
  readonly rate: number | undefined
  /** Topics whose copies are slowed down. */
  readonly topics: readonly string[]
}

async function configs(
  connection: Connection,
  resources: readonly { readonly type: number; readonly name: string; readonly keys: readonly string[] }[],
) {
  if (resources.length === 0) return []
  const { results } = await connection.ask(describeConfigs, { resources, synonyms: false, documentation: false })
  for (const { name, error, message } of results) refuse(`settings of ${name}`, error, message, [3])
  return results
}

export async function throttlesOf(connection: Connection): Promise<ThrottlesSeen> {
  const { topics } = await clusterOf(connection)
  const [all] = await configs(connection, [{ type: brokerType, name: everyBroker, keys: rates }])
  const found = all?.configs.flatMap(({ value }) => (value ? [Number(value)] : [])) ?? []
  const of = await configs(
    connection,
    topics.map(({ name }) => ({ type: topicType, name, keys: copies })),
  )
  return {
    rate: found.length ? Math.min(...found) : undefined,
    topics: of.filter(each => each.configs.some(({ value }) => value !== null && value !== '')).map(({ name }) => name),
  }
}

/**
 * Bounds what copies of these topics take while they are made, on each broker, in bytes a second. A copy that has all of its partition is never slowed
 * down, so readings are acknowledged as before.
 */
export async function throttle(connection: Connection, rate: number, topics: readonly string[]): Promise<void> {
  const is = (names: readonly string[], value: string) => names.map(name => ({ name, operation: set, value }))
  const there = new Set((await clusterOf(connection)).topics.map(({ name }) => name))
  await alter(connection, [
    ...topics.filter(name => there.has(name)).map(name => ({ type: topicType, name, configs: is(copies, '*') })),
    { type: brokerType, name: everyBroker, configs: is(rates, String(rate)) },
  ])
}

/** Takes every such bound off, whoever set it. */
export async function unthrottle(connection: Connection): Promise<void> {
  const seen = await throttlesOf(connection)
  const none = (names: readonly string[]) => names.map(name => ({ name, operation: remove, value: null }))
  await alter(connection, [
    ...seen.topics.map(name => ({ type: topicType, name, configs: none(copies) })),
    ...(seen.rate === undefined ? [] : [{ type: brokerType, name: everyBroker, configs: none(rates) }]),
  ])
}

interface Altered {
  readonly type: number
  readonly name: string
  readonly configs: readonly { readonly name: string; readonly operation: number; readonly value: string | null }[]
}

async function alter(connection: Connection, resources: readonly Altered[]): Promise<void> {
  if (resources.length === 0) return
  const { results } = await connection.ask(alterConfigs, { resources, validateOnly: false })
  for (const { name, error, message } of results) refuse(`throttle of ${name === everyBroker ? 'all brokers' : name}`, error, message)
}
