import type { Feature } from '../admin/features.ts'
import type { QuorumSeen } from '../admin/quorum.ts'
import type { Change } from '../admin/session.ts'
import type { TopicSeen } from '../admin/topics.ts'
import { healthPrefix, healthTopic, ruleText, type Rule } from '../admin/words.ts'
import { offsetsTopic } from '../config/offsets-topic.ts'
import { copiesOfOwn, type Member } from '../members.ts'
import { behind, release } from '../release.ts'
import { planPlacement } from '../placement/plan.ts'
import { isOurs, type ClusterWanted, type TopicWanted } from './wanted.ts'

/** What a cluster says of itself. */
export interface ClusterSeen {
  readonly brokers: readonly { readonly id: number }[]
  readonly topics: readonly TopicSeen[]
  readonly users: readonly string[]
  readonly rules: { readonly rules: readonly Rule[]; readonly others: readonly string[] }
  readonly quorum: QuorumSeen
  /** Settings in force, by topic that is there. */
  readonly configs: Readonly<Record<string, Readonly<Record<string, string | null>>>>
  /** Is the password the right one? By account. */
  readonly logins: Readonly<Record<string, boolean>>
  /** How far the cluster's features are. */
  readonly features: readonly Feature[]
}

/** One difference: what a plan says, and the change that ends it. */
export interface Difference {
  readonly does: string
  readonly change: Change
  /** Hosts that cannot do their work before. */
  readonly for?: readonly string[]
}

/** In what a cluster differs from what is wanted of it, in the order in which it is changed. Pure. */
export function differences(wanted: ClusterWanted, seen: ClusterSeen): readonly Difference[] {
  return [
    ...controllers(wanted, seen.quorum),
    ...[wanted.topic, ...(wanted.deadLetters ? [wanted.deadLetters] : [])].flatMap(each => topic(each, wanted, seen)),
    ...offsets(wanted, seen),
    ...ownCopies(wanted, seen),
    ...left(wanted, seen),
    ...accounts(wanted, seen),
    ...rules(wanted, seen),
  ]
}

/** Are all brokers of the fleet up, by the cluster's own word? */
const allUp = (members: readonly Member[], brokers: ClusterSeen['brokers']): boolean =>
  members.every(({ id }) => brokers.some(broker => broker.id === id))

/**
 * The topic of offsets. A broker would make it for the first consumer, with the copies that were right when that broker started: after brokers have left
 * that are more than there are, so it fails, and no consumer ever gets a group. So it is made beforehand. It waits until each broker is up.
 */
function offsets({ members }: ClusterWanted, { brokers, topics }: ClusterSeen): Difference[] {
  const { name, partitions, configs } = offsetsTopic
  if (topics.some(topic => topic.name === name) || !allUp(members, brokers)) return []
  const copies = copiesOfOwn(members)
  return [
    {
      does: `make topic ${name}, which is Kafka’s own: ${partitions} partitions, ${copies} of each`,
      change: { makeTopic: name, places: placesOfNew(members, partitions, copies), configs },
    },
  ]
}

/**
 * Kafka's own topics (offsets, transactions, share groups), made when there were fewer brokers: they get the copies that they would be made with now. What they
 * hold is small. It waits until each broker of the fleet is up.
 */
function ownCopies({ members }: ClusterWanted, { brokers, topics }: ClusterSeen): Difference[] {
  if (!allUp(members, brokers)) return []
  const copies = copiesOfOwn(members)
  return topics
    .filter(({ internal, partitions }) => internal && partitions.some(({ replicas }) => replicas.length < copies))
    .map(({ name, partitions }) => ({
      does: `give topic ${name}, which is Kafka’s own, ${copies} copies`,
      change: {
        move: planPlacement(members, [{ name, copies, partitions }]).moves.map(({ topic: of, partition, to }) => ({
          topic: of,
          partition,
          to,
        })),
      },
    }))
}

/** What is left of brokers that are none any more: the topics by which they were known to work. */
function left({ members }: ClusterWanted, { topics }: ClusterSeen): Difference[] {
  const wanted = new Set(members.map(({ id }) => healthTopic(id)))
  return topics
    .filter(({ name }) => name.startsWith(healthPrefix) && !wanted.has(name))
    .map(({ name }) => ({ does: `remove topic ${name}, of a broker that has left`, change: { removeTopic: name } }))
}

/** A rule comes after its account and goes before it. */
function rules({ rules: should, accounts: of, spared }: ClusterWanted, { rules: { rules: are } }: ClusterSeen): Difference[] {
  const [texts, there] = [new Set(should.map(ruleText)), new Set(are.map(ruleText))]
  const missing = should.filter(rule => !there.has(ruleText(rule)))
  const over = are.filter(rule => isOurs(rule.user) && !spared.includes(rule.user) && !texts.has(ruleText(rule)))
  return [
    ...(missing.length
      ? [
          {
            does: `allow ${missing.map(ruleText).join('; ')}`,
            change: { allow: missing },
            for: of.flatMap(({ user, host }) => (missing.some(rule => rule.user === user) ? [host] : [])),
          },
        ]
      : []),
    ...(over.length ? [{ does: `allow no longer ${over.map(ruleText).join('; ')}`, change: { forbid: over } }] : []),
  ]
}

function accounts(
  { accounts: should, rules: allowed, spared }: ClusterWanted,
  { users, logins, rules: { rules: are } }: ClusterSeen,
): Difference[] {
  const made = should
    .filter(({ user }) => !logins[user])
    .map(({ user, password, host }) => ({
      does: `${users.includes(user) ? 'give another password to' : 'make'} account ${user}`,
      change: { user, password },
      for: [host],
    }))
  // An account that was closed has no rules any more; Kafka keeps its name.
  const left = [...new Set(are.map(({ user }) => user))].filter(
    user => isOurs(user) && !spared.includes(user) && users.includes(user) && !allowed.some(rule => rule.user === user),
  )
  return [...made, ...left.map(user => ({ does: `close account ${user}`, change: { closeUser: user } }))]
}

function topic(should: TopicWanted, { members }: ClusterWanted, { topics, configs }: ClusterSeen): Difference[] {
  const { name, partitions, copies } = should
  if (!topics.some(there => there.name === name)) {
    const places = placesOfNew(members, partitions, copies)
    return [
      {
        does: `make topic ${name}: ${partitions} partitions by the brokers’ weights, ${copies} of each`,
        change: { makeTopic: name, places, configs: should.configs },
      },
    ]
  }
  const are = configs[name] ?? {}
  const has = fewestCopies(should, { topics })
  const other = Object.entries({ ...should.configs, ...minimumWith(has, should) }).filter(([key, value]) => are[key] !== value)
  if (other.length === 0) return []
  return [
    {
      does: `set ${other.map(([key, value]) => `${key} of topic ${name} from ${are[key] ?? 'nothing'} to ${value}`).join(', ')}`,
      change: { configure: name, configs: Object.fromEntries(other) },
    },
  ]
}

/** Copies of the partition that has the fewest; none where the topic is not there. */
function fewestCopies({ name }: TopicWanted, { topics }: Pick<ClusterSeen, 'topics'>): number | undefined {
  const there = topics.find(topic => topic.name === name)
  return there?.partitions.length ? Math.min(...there.partitions.map(({ replicas }) => replicas.length)) : undefined
}

const minimum = 'min.insync.replicas'

/** While it has fewer copies than it is to have, so many must have a reading that it is still taken. */
const minimumWith = (has: number | undefined, { copies, configs }: TopicWanted): Readonly<Record<string, string>> =>
  has === undefined || has >= copies ? {} : { [minimum]: String(Math.max(1, Math.min(Number(configs[minimum]), has - 1))) }

/** What of the cluster is not as it should be, and is not changed by the way: copying takes long, and a level that is final stays. */
export function notesOf({ topic, deadLetters }: ClusterWanted, seen: Pick<ClusterSeen, 'topics' | 'features'>): readonly string[] {
  const old = behind(seen.features).map(({ name, level }) => `${name} ${level} of ${release.levels[name] ?? 0}`)
  const levels = `it works as an older release than ${release.name} does (${old.join(', ')}): when you will not go back, kafka-admin finalise on a broker`
  const copies = [topic, ...(deadLetters ? [deadLetters] : [])].flatMap(each => {
    const has = fewestCopies(each, seen)
    return has === undefined || has === each.copies
      ? []
      : [
          `${each.name} has ${has} ${has === 1 ? 'copy' : 'copies'} of each partition, and the inventory asks for ${each.copies}: rebalance kafka`,
        ]
  })
  return [...copies, ...(old.length ? [levels] : [])]
}

/** Brokers of each partition of a topic that is not there yet. */
export function placesOfNew(members: readonly Member[], partitions: number, copies: number): readonly (readonly number[])[] {
  const empty = Array.from({ length: partitions }, (_none, index) => ({ index, replicas: [] }))
  const { moves } = planPlacement(members, [{ name: 'new', copies, partitions: empty }])
  return moves.map(({ to }) => to)
}

/**
 * Controllers that the quorum lacks, and those it has for nothing: those that are to be none, and what is left of a card that was replaced. One is taken in
 * once it runs and has read what the others wrote. New ones first, so that there are never fewer than before.
 */
function controllers({ members }: ClusterWanted, { voters, observers }: QuorumSeen): Difference[] {
  const should = members.filter(({ controller }) => controller)
  const missing = should.flatMap(({ id, host, vars }) => {
    const ready = observers.find(each => each.id === id)
    if (!ready || voters.some(voter => voter.id === id && voter.directory === ready.directory)) return []
    return [
      {
        does: `take ${host.name} into the quorum of controllers`,
        change: { addController: { id, directory: ready.directory }, at: { host: host.address, port: vars.controllerPort } },
      },
    ]
  })
  const over = voters.flatMap(voter => {
    const replaced = observers.some(({ id, directory }) => id === voter.id && directory !== voter.directory)
    if (should.some(({ id }) => id === voter.id) && !replaced) return []
    const name = members.find(({ id }) => id === voter.id)?.host.name ?? `broker ${voter.id}`
    return [
      {
        does: `take ${replaced ? `the former storage of ${name}` : name} out of the quorum of controllers`,
        change: { removeController: { id: voter.id, directory: voter.directory } },
      },
    ]
  })
  // Two storages of one number cannot be in the quorum at once.
  const same = (change: { readonly removeController: { readonly id: number } }) =>
    missing.some(({ change: { addController } }) => addController.id === change.removeController.id)
  return [...over.filter(({ change }) => same(change)), ...missing, ...over.filter(({ change }) => !same(change))]
}
