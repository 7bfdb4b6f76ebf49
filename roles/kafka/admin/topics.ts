import type { Connection } from './protocol/connection.ts'
import { refuse } from './protocol/errors.ts'
import {
  alterConfigs,
  createTopics,
  deleteTopics,
  describeConfigs,
  electLeaders,
  metadata,
  reassign,
  reassignments,
} from './protocol/requests.ts'
import { noUuid } from './protocol/types.ts'
import { healthPrefix } from './words.ts'

const topicType = 2
const set = 0
const timeoutMs = 30_000

export interface TopicSeen {
  readonly name: string
  readonly internal: boolean
  readonly partitions: readonly {
    readonly index: number
    readonly leader: number
    readonly replicas: readonly number[]
    readonly inSync: readonly number[]
  }[]
}

export interface BrokerSeen {
  readonly id: number
  readonly host: string
  readonly port: number
}

/** Brokers that are up, and all topics with where their partitions are, by the live cluster's word. */
export async function clusterOf(
  connection: Connection,
): Promise<{ readonly cluster: string; readonly brokers: readonly BrokerSeen[]; readonly topics: readonly TopicSeen[] }> {
  const answer = await connection.ask(metadata, { topics: null, create: false, operations: false })
  return {
    cluster: answer.cluster ?? '',
    brokers: answer.brokers.map(({ id, host, port }) => ({ id, host, port })).sort((a, b) => a.id - b.id),
    topics: answer.topics
      .map(({ name, internal, partitions }) => ({
        name: name ?? '',
        internal,
        partitions: partitions
          .map(({ index, leader, replicas, inSync }) => ({ index, leader, replicas, inSync }))
          .sort((a, b) => a.index - b.index),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** A topic's settings as they are in force, whoever set them. */
export async function configsOf(connection: Connection, topic: string): Promise<Readonly<Record<string, string | null>>> {
  const { results } = await connection.ask(describeConfigs, {
    resources: [{ type: topicType, name: topic, keys: null }],
    synonyms: false,
    documentation: false,
  })
  for (const { error, message } of results) refuse(`settings of ${topic}`, error, message)
  return Object.fromEntries(results.flatMap(({ configs }) => configs.map(({ name, value }) => [name, value] as const)))
}

/** A topic with what was set for it, and nothing that only is the default. */
export interface TopicKept {
  readonly name: string
  /** What Kafka calls it inside: another one once it is made anew. */
  readonly id: string
  /** Brokers that hold each partition, the leader first, in their order. */
  readonly places: readonly (readonly number[])[]
  readonly configs: Readonly<Record<string, string>>
}

const setForTopic = 1

/** All topics that are somebody's, with what was set for them. */
export async function keptTopics(connection: Connection): Promise<readonly TopicKept[]> {
  const { topics } = await connection.ask(metadata, { topics: null, create: false, operations: false })
  const own = topics.flatMap(({ name, id, internal, partitions }) =>
    name === null || internal || name.startsWith(healthPrefix) ? [] : [{ name, id: String(id), partitions }],
  )
  const kept: TopicKept[] = []
  for (const { name, id, partitions } of own.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { results } = await connection.ask(describeConfigs, {
      resources: [{ type: topicType, name, keys: null }],
      synonyms: false,
      documentation: false,
    })
    for (const { error, message } of results) refuse(`settings of ${name}`, error, message)
    const set = results.flatMap(({ configs }) => configs).filter(({ source, value }) => source === setForTopic && value !== null)
    kept.push({
      name,
      id,
      places: [...partitions].sort((a, b) => a.index - b.index).map(({ replicas }) => [...replicas]),
      configs: Object.fromEntries(set.map(({ name: key, value }) => [key, value ?? ''])),
    })
  }
  return kept
}

type Configs = Readonly<Record<string, string>>

/** Makes a topic whose partitions lie where they are told: brokers by partition, the leader first. One that is there stays as it is. */
export async function makeTopic(
  connection: Connection,
  name: string,
  places: readonly (readonly number[])[],
  configs: Configs,
): Promise<void> {
  const { topics } = await connection.ask(createTopics, {
    topics: [
      {
        name,
        partitions: -1,
        replication: -1,
        assignments: places.map((brokers, index) => ({ index, brokers })),
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs,
    validateOnly: false,
  })
  for (const { error, message } of topics) refuse(`topic ${name}`, error, message, [36])
}

/** Takes a topic away, with all that is in it. */
export async function removeTopic(connection: Connection, name: string): Promise<void> {
  const { topics } = await connection.ask(deleteTopics, { topics: [{ name, id: noUuid }], timeoutMs })
  for (const { error, message } of topics) refuse(`topic ${name}`, error, message, [3])
}

/** Changes some of a topic's settings; others stay. */
export async function setConfigs(connection: Connection, topic: string, configs: Configs): Promise<void> {
  const { results } = await connection.ask(alterConfigs, {
    resources: [
      { type: topicType, name: topic, configs: Object.entries(configs).map(([name, value]) => ({ name, operation: set, value })) },
    ],
    validateOnly: false,
  })
  for (const { error, message } of results) refuse(`settings of ${topic}`, error, message)
}

/** Where a partition is to go; `null` gives up a move that is under way. */
export interface Wanted {
  readonly topic: string
  readonly partition: number
  readonly to: readonly number[] | null
}

/** Sends partitions on their way. They are there when `movesOf` says no more of them. */
export async function movePartitions(connection: Connection, wanted: readonly Wanted[]): Promise<void> {
  const answer = await connection.ask(reassign, {
    timeoutMs,
    otherFactor: true,
    topics: byTopic(wanted).map(([name, of]) => ({
      name,
      partitions: of.map(({ partition, to }) => ({ index: partition, replicas: to })),
    })),
  })
  refuse('moves', answer.error, answer.message)
  for (const { name, partitions } of answer.topics)
    for (const { index, error, message } of partitions) refuse(`move of ${name}-${index}`, error, message, [85])
}

/** Moves that are under way. */
export async function movesOf(
  connection: Connection,
): Promise<
  readonly {
    readonly topic: string
    readonly partition: number
    readonly adding: readonly number[]
    readonly removing: readonly number[]
  }[]
> {
  const answer = await connection.ask(reassignments, { timeoutMs, topics: null })
  refuse('moves', answer.error, answer.message)
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ index, adding, removing }) => ({ topic: name, partition: index, adding, removing })),
  )
}

/** Lets the first broker of each of these partitions lead it. One that leads already does. */
export async function preferFirst(
  connection: Connection,
  of: readonly { readonly topic: string; readonly partition: number }[],
): Promise<void> {
  const answer = await connection.ask(electLeaders, {
    type: 0,
    topics: byTopic(of).map(([name, each]) => ({ name, partitions: each.map(({ partition }) => partition) })),
    timeoutMs,
  })
  refuse('leaders', answer.error)
  for (const { name, partitions } of answer.topics)
    for (const { index, error, message } of partitions) refuse(`leader of ${name}-${index}`, error, message, [84])
}

function byTopic<T extends { readonly topic: string }>(all: readonly T[]): readonly (readonly [string, readonly T[]])[] {
  return [...new Set(all.map(({ topic }) => topic))].map(name => [name, all.filter(({ topic }) => topic === name)])
}
