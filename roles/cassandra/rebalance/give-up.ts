import type { Clock } from '../../../engine/operation/index.ts'
import { Failed } from '../../../engine/errors.ts'
import { doubts, knownTo, setAside, settles, testimonies, type RingHosts } from '../node/index.ts'
import type { AtHand, Standing } from './abort.ts'
import type { Journal } from './operation.ts'
import { ringAt } from './ring-at.ts'

/** Asks about the node of the step at hand: itself, and every other node of the ring. */
export async function atHand(journal: Journal, hosts: RingHosts): Promise<AtHand> {
  const node = journal.steps[journal.at]?.node ?? ''
  const own = await hosts.state(node).catch(() => undefined)
  const ring = othersOf(journal, node)
  const said = await testimonies(ring.keys(), hosts)
  const suspect = { node, id: journal.ids[node] ?? '', addresses: own?.addresses ?? [] }
  return { own, known: knownTo(suspect, said), doubts: doubts(suspect, ring, said) }
}

const othersOf = (journal: Journal, node: string) => new Map([...ringAt(journal)].filter(([name]) => name !== node))

/**
 * Leaves a ring as it stands, ready for `provision` and, once every host has heard of it, for another rebalance.
 * @throws Failed where it cannot be left
 */
export async function giveUp(
  journal: Journal,
  { leave, says, aside, unplace, settle }: Standing,
  { hosts, clock }: { readonly hosts: RingHosts; readonly clock: Clock },
): Promise<void> {
  if (!leave) throw new Failed({ message: says[0] ?? 'it cannot be left now', hint: 'rebalance cassandra --resume' })
  if (aside !== undefined) {
    await hosts.perform(aside, { do: 'stop' })
    await setAside({ node: aside, id: journal.ids[aside] ?? '', ring: othersOf(journal, aside) }, hosts, clock, () => {})
  }
  if (unplace !== undefined) await hosts.perform(unplace, { do: 'unplace' })
  for (const node of settle) await settles(node, hosts)
}
