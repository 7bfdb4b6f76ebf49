import { Failed } from '../../../engine/errors.ts'
import { becomesNormal, entersRing, givePlace, notWhole, settles, type Joined, type Ring } from '../node/index.ts'
import type { Tools } from './tools.ts'

const moved = 'the ring has changed since: `rebalance cassandra --abort` leaves it as it is, `rebalance cassandra --check` shows it'

const same = (one: readonly string[], other: readonly string[] | undefined) =>
  other !== undefined && one.length === other.length && [...one].sort().every((token, index) => token === [...other].sort()[index])

/** Writes seeds and tokens of the next start. Where data is, there is a node: nothing is written. */
export async function takePlace(
  node: string,
  start: { readonly tokens: readonly string[]; readonly seeds: readonly string[] },
  { hosts }: Tools,
): Promise<void> {
  const { remains, mode, service, addresses } = await hosts.state(node)
  if (remains || mode !== undefined) throw new Failed({ message: `${node} holds data of a node already (${mode ?? service})`, hint: moved })
  await givePlace(node, { tokens: start.tokens, seeds: start.seeds }, addresses, hosts)
}

/** Gives a node other seeds for its next start. */
export async function promote(node: string, seeds: readonly string[], { hosts }: Tools): Promise<void> {
  await hosts.perform(node, { do: 'seeds', seeds })
}

/** @throws Failed where it would start with other tokens than it was given */
export async function start(node: string, tokens: readonly string[], { hosts }: Tools): Promise<void> {
  const state = await hosts.state(node)
  if (!same(tokens, state.tokens))
    throw new Failed({
      message: `${node} has ${state.tokens === undefined ? 'no tokens' : 'other tokens'} for its start than this run gave it`,
      hint: moved,
    })
  await hosts.perform(node, { do: 'start' })
}

/**
 * Waits until a node is one for everybody, and proves that it holds what it should: it has the tokens it was given, and its data
 * streamed to it. Before that, nobody may clean up.
 * @throws Failed with what is not so
 */
export async function join(node: string, tokens: readonly string[], tools: Tools): Promise<Joined> {
  const { hosts, ring, keyspace } = tools
  let joined: Joined | undefined
  const others = [...ring.keys()]
  await entersRing(node, {
    ...tools,
    others,
    wakes: others,
    excused: false,
    patience: 600,
    again: 'go on: rebalance cassandra --resume',
    async also() {
      joined = await hosts.joined(node)
      return joined ? undefined : 'it lets nobody log in yet'
    },
  })
  if (!joined || !same(tokens, joined.tokens))
    throw new Failed({ message: `${node} is a node with other tokens than it was given`, hint: `nothing was cleaned up; ${moved}` })
  if (ring.size > 0 && !joined.received.includes(keyspace))
    throw new Failed({
      message: `${node} became a node without being given its data: the others still hold it`,
      hint: `let it leave again before anything else: \`nodetool decommission --force\` there; never run \`nodetool cleanup\` until then. Then: rebalance cassandra --abort`,
    })
  return joined
}

/**
 * Takes back what held while the ring changed; not before the node is one, for by the seeds of the inventory it might join without its
 * data.
 */
export async function settle(node: string, { hosts, clock, ring, interval, progress }: Tools): Promise<void> {
  await becomesNormal(node, { hosts, clock, others: [...ring.keys()], interval, progress })
  await settles(node, hosts)
}

/** Throws away what a node gave to others. Runs on the node itself, however often the link breaks; begins only while the ring is whole. */
export async function cleanup(node: string, whole: Ring, { hosts, clock, interval, progress }: Omit<Tools, 'ring'>): Promise<void> {
  for (let begun = false; ; ) {
    const { cleaning } = await hosts.state(node)
    if (cleaning === 'running') {
      begun = true
      progress('rewrites its SSTables')
    } else if (begun && cleaning === 'done') return
    else if (begun && cleaning === 'failed')
      throw new Failed({
        message: `cleanup failed on ${node}`,
        output: await hosts.words(node, 'cleaning'),
        hint: 'all data is where it belongs, and some is there twice; mend the cause, then: rebalance cassandra --resume',
      })
    else {
      const reasons = await notWhole(whole, hosts)
      if (reasons.length)
        throw new Failed({
          message: `nothing is cleaned up on ${node}: the ring is not whole`,
          output: reasons,
          hint: 'bring back what is missing, then: rebalance cassandra --resume',
        })
      await hosts.perform(node, { do: 'clean up' })
      begun = true
    }
    await clock.pause(interval)
  }
}
