import type { Finding } from '../../../engine/operation/index.ts'
import { size } from '../../../engine/size.ts'
import { systemCopies, systemKeyspaces, unrest } from '../ring/index.ts'
import { cqlMap } from '../cql/literals.ts'
import { replicationOf } from '../system-keyspaces.ts'
import { topology } from '../vars.ts'
import { dataOf, type RebalancePlan, type Situation } from './plan.ts'

/** What is asked for beside the ring's own state. */
export interface Asked {
  readonly keyspace: string
  /** Hosts that could not be asked, and why. */
  readonly silent: ReadonlyMap<string, string>
  /** Hosts that shall leave for good. */
  readonly leaving: readonly string[]
}

/** Of SSTables: what must not go on while ranges move. Compactions may. */
const inTheWay: Readonly<Record<string, string>> = {
  cleanup: 'cleanup',
  validation: 'repair',
  anticompaction: 'repair',
  scrub: 'scrub',
  verify: 'verify',
}

/** Room a node needs for a byte it takes: the byte, and a compaction of half of it. */
const margin = 1.5
const rest = 256 * 2 ** 20

/** What speaks against the state of the ring, whatever moves are planned. Pure. */
export function findings(situation: Situation, { keyspace, silent, leaving }: Asked): Finding[] {
  const { members, ring, factor, weights } = situation
  const found: Finding[] = []
  const refuse = (what: string, remedy: string) => found.push({ refuses: true, what, remedy })
  const inRing = new Set(ring.map(({ name }) => name))

  for (const [name, why] of silent)
    refuse(`${name} cannot be asked: ${why}`, 'bring it back first: data can only be moved while every node answers')
  if ([...members.values()].every(({ sees }) => sees.length === 0)) {
    refuse('there is no ring: no host of the inventory runs Cassandra', 'provision the first one, e.g. `provision mysql`')
    return found
  }
  for (const [name, { answers, mode }] of members)
    if (mode === 'NORMAL' && !answers)
      refuse(
        `nobody can log in to ${name}`,
        'one that has just started lets nobody in for half a minute: run it again; else the accounts may be on a node that is down: start it; else `cql -e "SELECT now() FROM system.local"` there tells why',
      )
  for (const { name } of ring)
    if (!members.has(name))
      refuse(
        `${name} is a node of this ring and no host of the inventory`,
        'write it into the inventory with the role cassandra; it could not be looked after otherwise',
      )
  for (const [name, { service, mode, id }] of members) {
    if (service === 'active' && mode === 'NORMAL') continue
    if (mode === 'LEAVING')
      refuse(`${name} is leaving the ring`, 'wait until `nodetool netstats` there says DECOMMISSIONED, then run again')
    else if (mode === 'JOINING') refuse(`${name} is joining the ring`, 'wait until `nodetool status` says UN, then run again')
    else if (mode === 'DECOMMISSIONED')
      refuse(
        `${name} has left the ring and its server still runs`,
        `all its data is with the others; to let it rejoin: \`systemctl disable --now cassandra; cd /var/lib/cassandra; mkdir before; mv data commitlog saved_caches hints tokens.yaml before\` there, then \`provision ${name}\``,
      )
    else if (id !== undefined || mode !== undefined)
      refuse(
        `${name} is in mode ${mode ?? 'unknown'}, not NORMAL`,
        `see \`journalctl -u cassandra\` on ${name}; a restart makes it NORMAL again`,
      )
  }
  for (const [one, other] of splits(members))
    refuse(
      `${one} and ${other} are not in one ring: they see different nodes`,
      'see `nodetool status` on each: one of them started a ring of its own, or the network is cut between them',
    )
  const copies = [...members.values()].find(({ answers }) => answers)?.copies
  if (copies && !copies.has(keyspace)) refuse(`there is no keyspace ${keyspace}: nothing could be balanced`, 'provision every node first')
  const accounts = copies?.get('system_auth') ?? systemCopies.system_auth
  if (accounts < Math.min(ring.length, systemCopies.system_auth))
    refuse(
      `accounts have ${accounts} of ${ring.length} possible copies: with a node away some logins would fail`,
      'provision every node first: that gives each all accounts',
    )
  for (const [name, { owed }] of members)
    for (const what of owed) refuse(`${name} owes a repair of ${what}: the copies of it are not complete yet`, `provision ${name}`)
  for (const reason of unrest(members))
    refuse(
      reason,
      /schema/.test(reason)
        ? 'wait a minute; if it stays so, restart the node that differs (`nodetool describecluster`)'
        : 'start it (`systemctl start cassandra` there), or wait for it; a node that is dead for good leaves by `nodetool removenode ID` on another one',
    )
  for (const [name, { tasks }] of members)
    for (const kind of new Set(tasks.flatMap(task => inTheWay[task] ?? [])))
      refuse(`${kind} is running on ${name}`, 'wait until `nodetool compactionstats` there shows none, then run again')

  if (ring.length === 1 && Object.keys(weights).length === 1)
    refuse('the ring has one node: it holds everything', 'join another one first: `provision HOST`')
  for (const name of leaving)
    if (inRing.has(name) && ring.length === 1)
      refuse(`${name} is the only node: it cannot leave`, 'join another one first, or `provision` the host without the role')
  const after = Object.keys(weights).length
  if (after > 1 && after <= factor)
    refuse(
      `with ${after} nodes and ${factor} copies of ${keyspace} each node holds everything: weights have no effect`,
      `add a node, or lower \`replication\` in the inventory and provision`,
    )
  return found
}

/** Pairs of nodes that see different rings: each with the first. */
function splits(members: Situation['members']): [string, string][] {
  const seen = [...members].flatMap(([name, { id, sees }]) =>
    id === undefined || sees.length === 0
      ? []
      : [
          {
            name,
            ids: sees
              .map(node => node.id)
              .sort()
              .join(),
          },
        ],
  )
  const [first] = seen
  return first ? seen.flatMap(({ name, ids }): [string, string][] => (ids === first.ids ? [] : [[first.name, name]])) : []
}

/** What speaks against a plan: copies that would not fit while a node is away, cards that would run full. Pure. */
export function planFindings(situation: Situation, { moves, nodes }: RebalancePlan, { keyspace }: Pick<Asked, 'keyspace'>): Finding[] {
  const { members, ring } = situation
  const found: Finding[] = []
  const leavers = moves.steps.filter(({ action }) => action !== 'join')
  if (leavers.length > 0) {
    const copies = [...members.values()].find(member => member.copies.size > 0)?.copies ?? new Map<string, number>()
    const left = ring.length - 1
    for (const [name, count] of copies) {
      if (count <= left || systemKeyspaces.includes(name)) continue
      found.push({
        refuses: true,
        what: `${name} has ${count} copies, and while a node is away there are ${left} nodes`,
        remedy:
          name === keyspace
            ? `lower \`replication\` to ${left} in the inventory and provision, or add a node first`
            : `cql -e "ALTER KEYSPACE ${name} WITH replication = ${cqlMap(replicationOf(topology.datacenter, left))}" after a repair of it, or add a node first`,
      })
    }
  }
  for (const { node, load, peak, free } of nodes) {
    const need = (peak - load) * margin + rest
    if (free === undefined || peak <= load || free >= need) continue
    found.push({
      refuses: true,
      what: `${node} has ${size(free)} free and needs ${size(need)}: it will hold ${size(peak)} for a while`,
      remedy: 'make room there (`nodetool clearsnapshot`, `journalctl --vacuum-size=50M`), or use a larger card',
    })
  }
  if (moves.error > 0.01) {
    const worst = nodes
      .filter(({ owns: [, wanted, planned] }) => wanted > 0 && Math.abs(planned - wanted) / wanted > 0.01)
      .map(({ node }) => node)
    found.push({
      refuses: false,
      what: `these moves do not reach the weights for ${worst.join(', ')}`,
      remedy: 'let all nodes move: run it without host names',
    })
  }
  const weights = Object.values(situation.weights)
  const spread = Math.max(...weights) / Math.min(...weights)
  if (spread > 8)
    found.push({
      refuses: false,
      what: `the weights are ${spread.toFixed(0)} : 1 apart`,
      remedy: 'beyond 8 : 1 the smallest node does so little that it is worth more as a spare',
    })
  if (dataOf(situation) === 0 && moves.steps.length > 0)
    found.push({
      refuses: false,
      what: 'nothing is on the cards yet: what streams cannot be said',
      remedy: '`nodetool flush` writes out what is in memory',
    })
  return found
}
