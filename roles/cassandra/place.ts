import { isSameAddress, spelled } from '../../engine/inventory/address.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { Failed } from '../../engine/errors.ts'
import { nodesOf, weightsOf } from './nodes.ts'
import { liveRing, stateText, unrest, type Member, type NodeSeen } from './ring/index.ts'
import { layout, ownership, percent, planJoin, targetsOf, type Ring, type Weights } from './tokens/index.ts'
import type { CassandraVars } from './vars.ts'

/** A host that could not be asked, and why. */
export interface Silent {
  readonly silent: string
}

/** What is known when a node looks for its place. */
export interface Sight {
  readonly host: Host
  readonly fleet: Fleet
  readonly vars: Pick<CassandraVars, 'replication' | 'tokens' | 'keyspace'>
  /** What this host says, and the addresses its own name stands for. */
  readonly own: Member
  readonly addresses: readonly string[]
  /** What every other member of the inventory says. */
  readonly others: ReadonlyMap<string, Member | Silent>
}

/** How a node starts for the first time. */
export interface Place {
  /** Its tokens, or how many the server shall draw. */
  readonly tokens: readonly bigint[] | number
  /** Whom it asks for the ring; itself where it starts one. */
  readonly seeds: readonly string[]
  /** The dead node it is: same address, an empty card. */
  readonly replaces?: {
    readonly id: string
    readonly address: string
    /** What is lost for good with that node's card, as a sentence. */
    readonly loses: string
  }
  /** Why it is so, a sentence each. */
  readonly because: readonly string[]
}

/**
 * The place of a node that never ran: in the live ring, or at the start of one. Pure. Throws `Failed` where no place is safe: a second ring
 * beside a first one would split the readings, and a ring that changes or misses a node lets nobody join.
 */
export function placeOf(sight: Sight): Place {
  const { host, own, others } = sight
  if (own.remains)
    throw new Failed({
      message: 'it holds data of a node, but not the tokens that node had (/var/lib/cassandra/tokens.yaml)',
      hint: 'bring that file back; or, where the data is of no use: cd /var/lib/cassandra; mkdir before; mv data commitlog saved_caches hints before; then run again',
    })
  const answering = new Map(
    [...others].flatMap(([name, other]): [string, Member][] => ('silent' in other || !other.answers ? [] : [[name, other]])),
  )
  for (const [name, other] of others) {
    if ('silent' in other || other.answers) continue
    if (other.service === 'active' || other.service === 'activating' || other.service === 'reloading')
      throw new Failed({
        message: `Cassandra on ${name} ${other.mode === 'NORMAL' ? 'lets nobody log in' : other.mode ? `is ${other.mode}` : 'is starting, or does not come up'}: nodes join one at a time, and only a ring that answers`,
        hint: `wait until \`nodetool status\` on ${name} says UN for every node, then run again; \`journalctl -u cassandra\` there tells what it does`,
      })
  }
  return answering.size ? placeIn(answering, sight) : placeAlone(host, sight)
}

/** The first ring of a fleet is its first member's to start, and only when no other member can hold one. */
function placeAlone(host: Host, { fleet, vars, others }: Sight): Place {
  const [first] = nodesOf(fleet)
  const silent = [...others].flatMap(([name, other]) => ('silent' in other ? [{ name, why: other.silent }] : []))
  const stopped = [...others].flatMap(([name, other]) => ('silent' in other || !other.remains ? [] : [name]))
  if (stopped.length)
    throw new Failed({
      message: `${stopped.join(', ')} ${stopped.length === 1 ? 'is a node' : 'are nodes'} of a ring already, but ${stopped.length === 1 ? 'does' : 'do'} not run: ${host.name} joins that ring, it starts none of its own`,
      hint: `provision ${stopped.join(' ')} first`,
    })
  if (silent.length)
    throw new Failed({
      message: `no ring is to be seen, and ${silent.map(({ name }) => name).join(', ')} cannot be asked: a ring there would be a second one`,
      output: silent.map(({ name, why }) => `${name}: ${why}`),
      hint: `make ${silent.map(({ name }) => name).join(', ')} answer, or take the role cassandra from it in the inventory for now`,
    })
  if (first && first.name !== host.name)
    throw new Failed({
      message: `${host.name} joins the ring that ${first.name} starts, and ${first.name} has no ring yet`,
      hint: `provision ${first.name} first, or all of the fleet at once`,
    })
  const place = layout(weightsOf(fleet), Math.min(vars.replication, nodesOf(fleet).length)).find(({ name }) => name === host.name)
  const names = nodesOf(fleet).map(({ name }) => name)
  return {
    tokens: vars.tokens === 'random' ? drawnTokens(weightsOf(fleet), host.name) : (place?.tokens ?? []),
    seeds: [spelled(host.address)],
    because: [
      names.length === 1 || vars.tokens === 'random' || vars.replication === 1
        ? `${host.name} starts the ring`
        : `${host.name} starts the ring; ${names.slice(1).join(', ')} ${names.length === 2 ? 'has its' : 'have their'} places in it`,
    ],
  }
}

function placeIn(answering: ReadonlyMap<string, Member>, sight: Sight): Place {
  const { host, fleet, vars, addresses } = sight
  const [teller] = [...answering.values()]
  const seen = teller?.sees ?? []
  const former = seen.find(node => addresses.includes(node.address))
  const [asked] = answering.keys()
  if (former?.up)
    throw new Failed({
      message: `the ring has a node at the address of ${host.name} already: ${stateText(former)}, host ID ${former.id}`,
      hint: `another machine runs it: see \`nodetool status\` on ${asked}`,
    })
  const ids = [...answering.values()].map(({ id }) => id)
  const apart = [...answering].filter(([, { sees }]) => !ids.every(id => sees.some(node => node.id === id))).map(([name]) => name)
  if (apart.length)
    throw new Failed({
      message: `${[...answering.keys()].join(', ')} are not in one ring: ${apart.join(', ')} ${apart.length === 1 ? 'does' : 'do'} not see the others`,
      hint: 'see `nodetool status` on each: one of them started a ring of its own, or the network is cut between them',
    })
  const reasons = unrest(answering, former?.id)
  if (reasons.length)
    throw new Failed({
      message: 'the ring is not whole and still, so nobody can join it',
      output: reasons,
      hint: `bring the node back or let the change end (\`nodetool status\` on ${asked}); a node that is gone for good: \`nodetool removenode\` with its host ID there`,
    })

  const ring = named(liveRing(answering), fleet)
  const all = weightsOf(fleet)
  const strangers = ring.filter(({ name }) => all[name] === undefined).map(({ name }) => name)
  if (strangers.length)
    throw new Failed({
      message: `the ring has ${strangers.length === 1 ? 'a node' : 'nodes'} the inventory does not know: ${strangers.join(', ')}`,
      hint: 'write them into the inventory with the role cassandra, or let them leave: `nodetool decommission` there',
    })
  // Those that answer first: they are there for sure.
  const seeds = [...answering.values()].flatMap(({ address }) => address ?? []).slice(0, 2)
  if (former) return placeOfFormer(former, answering, seeds, sight)
  if (vars.tokens === 'random')
    return {
      tokens: drawnTokens(all, host.name),
      seeds,
      because: [`${host.name} joins with tokens the server draws, as many as its weight asks for`],
    }

  // With one copy every join is exact, whoever is missing still; with more only a layout of all is.
  const places = vars.replication > 1 ? layout(all, Math.min(vars.replication, nodesOf(fleet).length)) : []
  const place = places.find(({ name }) => name === host.name)
  if (place && ring.every(node => sameTokens(node.tokens, places.find(({ name }) => name === node.name)?.tokens)))
    return {
      tokens: place.tokens,
      seeds,
      because: [`${host.name} takes its place in the layout of the whole fleet, as the others have; by weight: ${shares(all)}`],
    }
  const weights = Object.fromEntries([...ring.map(({ name }) => name), host.name].map(name => [name, all[name] as number]))
  const plan = planJoin(ring, host.name, weights, { factor: vars.replication })
  const off = astray([...ring, { name: host.name, tokens: plan.initialTokens }], weights, vars.replication)
  return {
    tokens: plan.initialTokens,
    seeds,
    because: [
      ...plan.because,
      ...(off.length ? [`by weight it would be otherwise: ${off.join(', ')}. \`rebalance cassandra --check\` tells what it takes`] : []),
    ],
  }
}

/** The place of a dead node whose card was replaced: its tokens, and what the others have copies of. */
function placeOfFormer(former: NodeSeen, answering: ReadonlyMap<string, Member>, seeds: readonly string[], { host, vars }: Sight): Place {
  const [teller] = [...answering.values()]
  const tokens = teller?.tokens.get(former.id)
  if (!teller || !tokens?.length)
    throw new Failed({
      message: `${host.name} was the node ${former.id} of this ring, and nobody knows its tokens any more`,
      hint: `give that node up: \`nodetool removenode ${former.id}\` on ${[...answering.keys()][0]}, then run again`,
    })
  const copies = teller.copies.get(vars.keyspace) ?? 1
  const ring = [...teller.tokens].map(([name, held]) => ({ name, tokens: held }))
  const share = ownership(ring, 1).get(former.id) ?? 0
  const loses =
    copies > 1
      ? `Nothing is lost: there are ${copies} copies of each reading, and it gets its own from the others`
      : `With one copy of each reading, what only that card held is lost for good: ${percent(share)} of all that was stored`
  return {
    tokens,
    seeds,
    replaces: { id: former.id, address: former.address, loses },
    because: [`${host.name} takes the place of the node it was (${former.id}), with its ${tokens.length} tokens. ${loses}`],
  }
}

const shares = (weights: Readonly<Record<string, number>>) => {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  return Object.entries(weights)
    .map(([name, weight]) => `${name} ${percent(weight / sum)}`)
    .join(', ')
}

/** A node that does not answer SSH is known by its address. */
function named(ring: Ring, fleet: Fleet): Ring {
  return ring.map(node => ({ ...node, name: nodesOf(fleet).find(({ address }) => isSameAddress(address, node.name))?.name ?? node.name }))
}

/** Nodes that own another part than their weight asks for by more than a hundredth of it. */
function astray(ring: Ring, weights: Weights, factor: number): string[] {
  const owns = ownership(ring, factor)
  return [...targetsOf(weights, factor).parts].flatMap(([name, part]) => {
    const [has, wanted] = [owns.get(name) ?? 0, Number(part) / 2 ** 64]
    return Math.abs(has - wanted) > wanted / 100 ? [`${name} ${percent(has)} instead of ${percent(wanted)}`] : []
  })
}

function sameTokens(one: readonly bigint[], other: readonly bigint[] | undefined): boolean {
  return other !== undefined && one.length === other.length && one.every(token => other.includes(token))
}

/** How many tokens the server draws for a node: 16 for the least of them, the others in proportion. */
export function drawnTokens(weights: Readonly<Record<string, number>>, name: string): number {
  const least = Math.min(...Object.values(weights))
  return Math.min(256, Math.round((16 * (weights[name] ?? least)) / least))
}
