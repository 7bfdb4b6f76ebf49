import type { Finding } from '../../../engine/operation/index.ts'
import { size } from '../../../engine/size.ts'
import { notWhole } from '../admin/whole.ts'
import { healthPrefix } from '../admin/words.ts'
import { topicsOf, type RebalancePlan, type Situation } from './plan.ts'

/** What must stay free on a card. */
const rest = 256 * 2 ** 20

/** What is asked for beside the cluster's own state. */
export interface Asked {
  /** Hosts that could not be asked, and why. */
  readonly silent: ReadonlyMap<string, string>
  /** A rebalance was cut off: its moves may be under way. */
  readonly unfinished: boolean
}

/** What speaks against the state of the cluster, whatever moves are planned. Pure. */
export function findings(situation: Situation, { silent, unfinished }: Asked): Finding[] {
  const { members, stay, leave } = situation
  const found: Finding[] = []
  const refuse = (what: string, remedy: string) => found.push({ refuses: true, what, remedy })
  const dead = leave.filter(each => each.dead)
  for (const [name, why] of silent)
    if (!dead.some(each => each.name === name))
      refuse(`${name} cannot be asked: ${why}`, 'bring it back first; one that is gone for good: `rebalance kafka --remove HOST`')
  const [first] = members.values()
  if (!first || stay.length === 0) {
    refuse('no broker would be left', 'a cluster has one broker at least; `provision` the host without the role where it shall end')
    return found
  }
  for (const [name, { cluster }] of members)
    if (cluster !== first.cluster)
      refuse(
        `${name} is in the cluster ${cluster}, and others are in ${first.cluster}`,
        'look at /var/lib/kafka/data/meta.properties there',
      )
  const known = new Set([...stay, ...leave].map(({ id }) => id))
  for (const { id, host } of first.brokers)
    if (!known.has(id))
      refuse(`broker ${id} at ${host} is in this cluster and no host of the inventory`, 'write it into the inventory with the role kafka')
  for (const { name, id } of stay)
    if (members.has(name) && !first.brokers.some(each => each.id === id))
      refuse(`${name} is no broker of the cluster that the others see`, `see \`journalctl -u kafka\` on ${name}`)
  if (dead.length > 1) refuse('two brokers that do not answer cannot be removed at once', 'remove one of them, then the other')
  for (const { name, id, dead: silentOne } of leave) {
    if (silentOne) onlyOn(first.topics, id, name, refuse)
    if (first.quorum.voters.length === 1 && first.quorum.voters[0]?.id === id)
      refuse(
        `${name} is the only controller: the cluster cannot do without it`,
        'let another one be the first broker of the inventory, provision it, then remove this one',
      )
  }
  const lacks = notWhole(first.topics, dead[0]?.id)
  for (const what of lacks.slice(0, 5))
    refuse(what, 'wait until every copy is complete (`kafka-admin` shows them), or start the broker that is away')
  if (lacks.length > 5) refuse(`${lacks.length - 5} more partitions lack a copy or a leader`, 'as above')
  if (!unfinished && first.moves.length)
    refuse(
      `${first.moves.length} partitions are on the move already, e.g. ${first.moves[0]?.topic}-${first.moves[0]?.partition}`,
      'somebody else began that: wait until `kafka-admin` shows no moves',
    )
  if (!unfinished && (first.throttles.rate !== undefined || first.throttles.topics.length))
    found.push({
      refuses: false,
      what: 'copies are throttled, and no rebalance of this fleet is under way',
      remedy: 'the throttle is taken off at the end of a rebalance',
    })
  return found
}

/** What only a broker that does not answer holds would be lost. */
function onlyOn(topics: Parameters<typeof notWhole>[0], id: number, name: string, refuse: (what: string, remedy: string) => void): void {
  const lost = topics
    .filter(topic => !topic.name.startsWith(healthPrefix))
    .map(topic => ({
      name: topic.name,
      count: topic.partitions.filter(({ replicas, inSync }) => replicas.includes(id) && inSync.every(each => each === id)).length,
      all: topic.partitions.length,
    }))
    .filter(({ count }) => count > 0)
  if (lost.length)
    refuse(
      `${name} does not answer, and holds the only complete copy of ${lost.map(each => `${each.count} of ${each.all} partitions of ${each.name}`).join(', ')}: that would be lost`,
      `bring ${name} back, with its card; then it can leave and nothing is lost`,
    )
}

/** What speaks against a plan. Pure. */
export function planFindings(situation: Situation, { brokers }: RebalancePlan): Finding[] {
  const full = brokers.flatMap((broker): Finding[] => {
    const { node, free } = broker
    if (free === undefined || free < 0 || broker.in === 0 || broker.in + rest <= free) return []
    return [
      {
        refuses: true,
        what: `${node} has ${size(free)} free and needs ${size(broker.in + rest)}: it is sent ${size(broker.in)}`,
        remedy: 'make room there, or use a larger card, or give it less weight',
      },
    ]
  })
  const others = topicsOf(situation)
    .filter(({ copies, had }) => copies !== had)
    .map(({ name, internal, copies, had }) => ({
      refuses: false,
      what: `${name} gets ${copies} ${copies === 1 ? 'copy' : 'copies'} of each partition instead of ${had}: ${internal ? 'no more brokers are left' : 'the inventory asks for it'}`,
      remedy: internal
        ? 'a broker that joins later can take copies again'
        : 'provision the brokers afterwards: what is acknowledged depends on it',
    }))
  return [...full, ...others]
}
