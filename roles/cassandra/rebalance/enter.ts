import { spelled } from '../../../engine/inventory/address.ts'
import { Failed } from '../../../engine/errors.ts'
import { becomesNormal, notWhole, settles, testimonies, type Joined, type Ring } from '../node/index.ts'
import { stateText } from '../ring/index.ts'
import type { Tools } from './tools.ts'

const moved = 'the ring has changed since: `rebalance --abort` leaves it as it is, `rebalance --check` shows it'

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
  await hosts.act(node, { do: 'place', ...start, joins: !start.seeds.some(seed => addresses.includes(spelled(seed))) })
}

/** Gives a node other seeds for its next start. */
export async function promote(node: string, seeds: readonly string[], { hosts }: Tools): Promise<void> {
  await hosts.act(node, { do: 'seeds', seeds })
}

/** @throws Failed where it would start with other tokens than it was given */
export async function start(node: string, tokens: readonly string[], { hosts }: Tools): Promise<void> {
  const state = await hosts.state(node)
  if (!same(tokens, state.tokens))
    throw new Failed({
      message: `${node} has ${state.tokens === undefined ? 'no tokens' : 'other tokens'} for its start than this run gave it`,
      hint: moved,
    })
  await hosts.act(node, { do: 'start' })
}

/**
 * Waits until a node is one for everybody, and proves that it holds what it should: it has the tokens it was given, and its data
 * streamed to it. Before that, nobody may clean up.
 * @throws Failed with what is not so
 */
export async function join(node: string, tokens: readonly string[], tools: Tools): Promise<Joined> {
  const { hosts, clock, ring, keyspace, interval, progress } = tools
  await becomesNormal(node, { hosts, clock, others: [...ring.keys()], interval, progress })
  const end = clock.now() + 600_000
  for (;;) {
    const blind = await blindTo(node, tools)
    const joined = blind === undefined ? await hosts.joined(node) : undefined
    if (joined) {
      if (!same(tokens, joined.tokens))
        throw new Failed({ message: `${node} is a node with other tokens than it was given`, hint: `nothing was cleaned up; ${moved}` })
      if (ring.size > 0 && !joined.received.includes(keyspace))
        throw new Failed({
          message: `${node} became a node without being given its data: the others still hold it`,
          hint: `let it leave again before anything else: \`nodetool decommission --force\` there; never run \`nodetool cleanup\` until then. Then: rebalance --abort`,
        })
      return joined
    }
    const reason = blind ?? 'it lets nobody log in yet'
    if (clock.now() > end)
      throw new Failed({
        message: `${node} is a node, and not yet one for everybody`,
        output: [reason],
        hint: 'mend what stands there, then: rebalance --resume',
      })
    progress(reason)
    await clock.pause(interval)
  }
}

/** Who does not see it up and normal yet, itself included. Who does not answer does not see it. */
async function blindTo(node: string, { hosts, ring }: Tools): Promise<string | undefined> {
  const { addresses } = await hosts.state(node)
  const said = await testimonies(new Map([...ring, [node, '']]), hosts)
  for (const [name, testimony] of said) {
    if ('silent' in testimony) return `${name} cannot be asked: ${testimony.silent}`
    const seen = testimony.sees.find(({ address }) => addresses.includes(address))
    if (!seen?.up || seen.state !== 'normal') return `${name} sees it ${seen ? stateText(seen) : 'not at all'}`
  }
  return undefined
}

/** Takes back what held while the ring changed; not before the node is one, for by the seeds of the inventory it might join without its data. */
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
        hint: 'all data is where it belongs, and some is there twice; mend the cause, then: rebalance --resume',
      })
    else {
      const reasons = await notWhole(whole, hosts)
      if (reasons.length)
        throw new Failed({
          message: `nothing is cleaned up on ${node}: the ring is not whole`,
          output: reasons,
          hint: 'bring back what is missing, then: rebalance --resume',
        })
      await hosts.act(node, { do: 'clean up' })
      begun = true
    }
    await clock.pause(interval)
  }
}
