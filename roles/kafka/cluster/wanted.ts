import { deadLettersOf, replayGroup } from '../../../collector/sink/topics.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import { clusterName, type Rule } from '../admin/words.ts'
import { minInSync, type Member } from '../members.ts'
import { partitionsFor } from '../placement/targets.ts'
import type { KafkaVars } from '../vars.ts'

/** Begins the accounts of producers: such an account is this role's, others are somebody's own. */
export const producerPrefix = 'producer.'

/** An account of one producer, with the secret its password is. */
export const producerAccount = (host: string) => ({ user: `${producerPrefix}${host}`, secret: `kafka/${producerPrefix}${host}` })

/** Begins the accounts of sinks, in the same way. */
export const sinkPrefix = 'sink.'

/** The account of one sink, with the secret its password is. */
export const sinkAccount = (host: string) => ({ user: `${sinkPrefix}${host}`, secret: `kafka/${sinkPrefix}${host}` })

/** Begins the accounts of jobs, in the same way. */
export const jobPrefix = 'job.'

/** The account of the jobs of one host, with the secret its password is. */
export const jobAccount = (host: string) => ({ user: `${jobPrefix}${host}`, secret: `kafka/${jobPrefix}${host}` })

/** Is an account this role's? Others are somebody's own. */
export const isOurs = (user: string): boolean => [producerPrefix, sinkPrefix, jobPrefix].some(prefix => user.startsWith(prefix))

/** A topic of the fleet. */
export interface TopicWanted {
  readonly name: string
  /** When it is made; a topic that is there keeps its number, for its keys would go elsewhere. */
  readonly partitions: number
  readonly copies: number
  readonly configs: Readonly<Record<string, string>>
}

/** What belongs to the cluster and not to a broker. */
export interface ClusterWanted {
  /** Each of a host that logs in with it. */
  readonly accounts: readonly { readonly user: string; readonly password: string; readonly host: string }[]
  readonly rules: readonly Rule[]
  /** Accounts that are neither made nor closed, with what they may do: somebody may be at work with them. */
  readonly spared: readonly string[]
  readonly topic: TopicWanted
  /** Where sinks put what they can never store; absent where the fleet has none. */
  readonly deadLetters?: TopicWanted
  readonly members: readonly Member[]
}

/** What a producer may do: write the topic, and what an idempotent producer asks the cluster for. */
export function rulesOf(user: string, topic: string): readonly Rule[] {
  return [
    { user, operation: 'write', resource: 'topic', name: topic },
    { user, operation: 'idempotentWrite', resource: 'cluster', name: clusterName },
  ]
}

/**
 * What a sink may do: read the topic, commit as its group, and write its dead letters, which it reads back, as a group of their own, to show and
 * replay them. To describe is part of each.
 */
export function sinkRulesOf(user: string, topic: string, group: string): readonly Rule[] {
  const dead = deadLettersOf(topic)
  return [
    { user, operation: 'read', resource: 'topic', name: topic },
    { user, operation: 'read', resource: 'group', name: group },
    { user, operation: 'write', resource: 'topic', name: dead },
    { user, operation: 'read', resource: 'topic', name: dead },
    { user, operation: 'read', resource: 'group', name: replayGroup(group) },
  ]
}

/** What jobs may do: read the topic, and tell their group how far they are. */
export function jobRulesOf(user: string, topic: string, group: string): readonly Rule[] {
  return [
    { user, operation: 'read', resource: 'topic', name: topic },
    { user, operation: 'read', resource: 'group', name: group },
  ]
}

const day = 86_400_000

/**
 * Settings of the topic of all readings. `CreateTime`: the time a reading was made counts, not when it came. However far it is ahead of the
 * broker's clock it is taken, as databases take it: a Pi without a clock chip may have been in 2038, and one reading that is refused (after
 * an hour, by default) would hold up all that come after it.
 */
export function topicConfigs(vars: KafkaVars): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': vars.retention === undefined ? '-1' : String(vars.retention * day),
    'retention.bytes': '-1',
    'min.insync.replicas': String(minInSync(vars)),
    'message.timestamp.type': 'CreateTime',
    'message.timestamp.after.max.ms': '9223372036854775807',
    'unclean.leader.election.enable': 'false',
  }
}

/** Who uses the topic. */
export interface Users {
  readonly producers: readonly Pick<Host, 'name'>[]
  readonly sinks: readonly { readonly host: Pick<Host, 'name'>; readonly group: string }[]
  /** Hosts with jobs. */
  readonly jobs?: readonly { readonly host: Pick<Host, 'name'>; readonly group: string }[]
  /** Hosts that may have jobs at work still. */
  readonly jobHosts?: readonly Pick<Host, 'name'>[]
}

/** What a fleet wants of its cluster. `password`: of an account, by the name of its secret. */
export function wantedOf(
  members: readonly Member[],
  { producers, sinks, jobs = [], jobHosts = [] }: Users,
  password: (secret: string) => string,
): ClusterWanted {
  const [first] = members
  if (!first) throw new Error('a cluster without brokers')
  const { vars } = first
  const writing = [...new Set(producers.map(({ name }) => name))].map(host => ({ ...producerAccount(host), host }))
  const reading = sinks.map(({ host: { name: host }, group }) => ({ ...sinkAccount(host), host, group }))
  const counting = jobs.map(({ host: { name: host }, group }) => ({ ...jobAccount(host), host, group }))
  const copies = vars.replication
  return {
    accounts: [...writing, ...reading, ...counting].map(({ user, secret, host }) => ({ user, password: password(secret), host })),
    rules: [
      ...writing.flatMap(({ user }) => rulesOf(user, vars.topic)),
      ...reading.flatMap(({ user, group }) => sinkRulesOf(user, vars.topic, group)),
      ...counting.flatMap(({ user, group }) => jobRulesOf(user, vars.topic, group)),
    ],
    spared: jobHosts.filter(({ name }) => !counting.some(({ host }) => host === name)).map(({ name }) => jobAccount(name).user),
    topic: {
      name: vars.topic,
      partitions: vars.partitions ?? partitionsFor(members.map(({ id, weight }) => ({ id, weight }))),
      copies,
      configs: topicConfigs(vars),
    },
    // Few, and for a person to see to: they stay until then.
    ...(sinks.length > 0 && {
      deadLetters: { name: deadLettersOf(vars.topic), partitions: 1, copies, configs: { ...topicConfigs(vars), 'retention.ms': '-1' } },
    }),
    members,
  }
}
