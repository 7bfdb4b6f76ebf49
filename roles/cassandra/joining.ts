import type { ActContext } from '../../engine/act.ts'
import { isNearOnly, spelled } from '../../engine/inventory/address.ts'
import { realClock, type Clock } from '../../engine/operation/clock.ts'
import { Failed } from '../../engine/errors.ts'
import { quote } from '../../engine/shell.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { whySilent } from './answer.ts'
import { asksListens } from './config/start.ts'
import { aloneMark, seedsOverride } from './config/yaml.ts'
import { nodesOf } from './nodes.ts'
import { entersRing, firstFile, givePlace, overContext, settles, tokensFile, unseenBy, type RingHosts } from './node/index.ts'
import { placeOf, type Silent } from './place.ts'
import { dataFolders, type Member } from './ring/index.ts'
import { ringText } from './ring-text.ts'
import type { CassandraVars } from './vars.ts'

/**
 * Exit 0 where a node has all it needs to start: fixed before its first start, and never again. Tokens alone do not do: without data
 * and without seeds of a first start it would take its place empty, as its own seed.
 */
export const placed = `[ -s ${tokensFile} ] && [ -e ${firstFile} ] && { [ -e ${seedsOverride} ] ||
  [ -n "$(find ${dataFolders.join(' ')} -mindepth 1 -print -quit 2>/dev/null)" ]; }`
/** Exit 0 where the node's seeds are those of the inventory, or it is its own for as long as it is alone. */
export const settled = `[ ! -e ${seedsOverride} ] || grep -qx '${aloneMark}' ${seedsOverride}`

/** What a node needs to find its place, and to be one. */
export interface Joining {
  readonly host: Host
  readonly fleet: Fleet
  readonly hosts: RingHosts
  readonly clock: Clock
  readonly vars: Pick<CassandraVars, 'replication' | 'tokens' | 'keyspace'>
  /** Addresses its name in the inventory stands for. */
  readonly addresses: readonly string[]
  /** Asks a person. */
  confirm(question: string): Promise<boolean>
  say(text: string): void
}

/** What an act of a role has of all this. */
export async function joiningOf(context: ActContext, vars: CassandraVars): Promise<Joining> {
  const { $, host } = context
  const addresses = (await $`bash -c ${`{ getent ahosts ${quote(host.address)}; ${asksListens}; }; true`}`).stdout
    .split('\n')
    .map(line => spelled(line.split(' ')[0] ?? ''))
    .filter(address => address !== '' && !isNearOnly(address))
  return {
    ...context,
    vars,
    hosts: overContext(context, vars.keyspace),
    clock: realClock,
    addresses: [...new Set([spelled(host.address), ...addresses])],
  }
}

/** Looks at every other member, and writes where this node goes. */
export async function takePlace({ host, fleet, hosts, clock, vars, addresses, confirm, say }: Joining): Promise<void> {
  const own = await hosts.member(host.name)
  // It was a node before anybody wrote down what counts on a first start.
  if (own.placed && own.remains) return hosts.perform(host.name, { do: 'options' })
  const others = await Promise.all(
    nodesOf(fleet)
      .filter(({ name }) => name !== host.name)
      .map(async (other): Promise<[string, Member | Silent]> => {
        try {
          return [other.name, await hosts.member(other.name)]
        } catch (error) {
          return [other.name, { silent: whySilent(error) }]
        }
      }),
  )
  const place = placeOf({ host, fleet, vars, own, others: new Map(others), addresses })
  if (place.replaces) {
    const { id, address, loses } = place.replaces
    const question = `${host.name} has an empty card, and was the node ${id} of the ring: let it take that node's place? ${loses}.`
    if (!(await confirm(question)))
      throw new Failed({
        message: `${host.name} was a node of the ring (${id}, ${address}) and its card is empty. ${loses}`,
        hint: `let it take that node's place with the same tokens: provision ${host.name} --yes`,
      })
  }
  const tokens = typeof place.tokens === 'number' ? place.tokens : place.tokens.map(String)
  if (place.replaces && vars.replication > 1)
    await hosts.perform(host.name, { do: 'owe repair', keyspace: vars.keyspace, since: new Date(clock.now()).toISOString() })
  const { seeds, replaces } = place
  await givePlace(host.name, { tokens, seeds, ...(replaces && { replaces: replaces.address }) }, addresses, hosts)
  for (const reason of place.because) say(reason)
}

/** Waits until the node is one of the ring and answers, then takes its other seeds away. */
export async function becomeMember(joining: Joining): Promise<void> {
  const { host, fleet, hosts, clock, say } = joining
  let told = false
  await entersRing(host.name, {
    ...onlookers(joining),
    hosts,
    clock,
    interval: 1,
    patience: 180,
    wakes: [],
    again: 'run the same command again',
    progress(text) {
      if (!told && / received$/.test(text)) say(`takes its part of the data: ${text}`)
      told ||= / received$/.test(text)
    },
  })
  await hosts.perform(host.name, { do: 'settle' })
  // Whoever was alone until now is so no longer.
  for (const other of nodesOf(fleet)) {
    if (other.name === host.name) continue
    const state = await hosts.state(other.name).catch(() => undefined)
    if (state?.alone && state.mode === 'NORMAL') await settles(other.name, hosts)
  }
}

/** Every other member; who does not run has no say. */
const onlookers = ({ host, fleet }: Pick<Joining, 'host' | 'fleet'>) => ({
  others: nodesOf(fleet).flatMap(({ name }) => (name === host.name ? [] : [name])),
  excused: true,
})

/** Looks whether every member that runs sees this node up and normal, and gives the ring as text; throws where one does not yet. */
export async function seenByAll({ host, fleet, hosts }: Pick<Joining, 'host' | 'fleet' | 'hosts'>): Promise<string> {
  const { reasons, ring } = await unseenBy(host.name, onlookers({ host, fleet }), hosts)
  if (reasons[0] !== undefined) throw new Error(reasons[0])
  return ringText(ring, fleet)
}
