import type { Clock } from '../../../engine/operation/clock.ts'
import { Failed } from '../../../engine/errors.ts'
import type { RingHosts } from './port.ts'
import { doubts, notWhole, ownDoubts, testimonies, type Ring } from './witness.ts'

/*
 * The one place of this project that takes a node's data away. Nothing else asks for `set aside` or `forget`, and no other file
 * names the data folders in a command; a test sees to that.
 */

/** Of whom, and by whose word. */
export interface TakeAway {
  readonly node: string
  /** The host ID the node had. */
  readonly id: string
  /** Every other node of the ring. */
  readonly ring: Ring
  /** Seconds the others are given to hear that it has left. */
  readonly patience?: number
}

/**
 * Moves a node's data and tokens aside, once it is proven that nobody counts on it: its server is off, and every node of the ring
 * answers and knows nothing of it. What is there already is left alone; where nothing is there, nobody need be asked.
 * @throws Failed with every reason that is left, and with the data where it was
 */
export async function setAside(
  { node, id, ring, patience = 60 }: TakeAway,
  hosts: RingHosts,
  clock: Clock,
  progress: (text: string) => void,
): Promise<void> {
  const end = clock.now() + patience * 1000
  for (;;) {
    const own = await hosts.state(node)
    if (!own.remains && own.tokens === undefined) return
    const reasons = [...ownDoubts(own), ...doubts({ node, id, addresses: own.addresses }, ring, await testimonies(ring.keys(), hosts))]
    if (reasons.length === 0) return hosts.perform(node, { do: 'set aside' })
    if (clock.now() > end)
      throw new Failed({
        message: `the data of ${node} is not taken away: it is not proven that nobody needs it`,
        output: reasons,
        hint: 'mend what stands there (every node of the ring must run and answer), then: rebalance cassandra --resume',
      })
    progress(reasons[0] ?? '')
    await clock.pause(3)
  }
}

/**
 * Removes for good what was moved aside, once the ring is whole.
 * @throws Failed where a node is not up and normal for every other
 */
export async function forget(node: string, ring: Ring, hosts: RingHosts): Promise<void> {
  const reasons = await notWhole(ring, hosts)
  if (reasons.length)
    throw new Failed({
      message: `what ${node} holds from before is kept: the ring is not whole`,
      output: reasons,
      hint: 'start the node that is missing, then: rebalance cassandra --resume',
    })
  await hosts.perform(node, { do: 'forget' })
}
