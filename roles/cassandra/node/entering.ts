import { spelled } from '../../../engine/inventory/address.ts'
import type { Clock } from '../../../engine/operation/clock.ts'
import { Failed } from '../../../engine/errors.ts'
import { stateText, type NodeSeen } from '../ring/index.ts'
import { becomesNormal } from './normal.ts'
import type { RingHosts, Start } from './port.ts'
import { testimonies } from './witness.ts'

/** Gives a node what counts on its first start. It joins others where it is not its own seed. `addresses`: its own. */
export async function givePlace(
  node: string,
  start: Omit<Start, 'joins'>,
  addresses: readonly string[],
  hosts: Pick<RingHosts, 'perform'>,
): Promise<void> {
  await hosts.perform(node, { do: 'place', ...start, joins: !start.seeds.some(seed => addresses.includes(spelled(seed))) })
}

/** Whom to ask whether a node is one. */
export interface Onlookers {
  /** Every other node that counts. */
  readonly others: readonly string[]
  /** Has a server no say that does not run, or a Pi that cannot be had? One that runs and does not answer always has. */
  readonly excused: boolean
}

/**
 * Why a node is not one for everybody yet: none where itself and all others see it up and normal, by its own ID; and the ring as it sees
 * it.
 */
export async function unseenBy(
  node: string,
  { others, excused }: Onlookers,
  hosts: Pick<RingHosts, 'state' | 'sees'>,
): Promise<{ readonly reasons: readonly string[]; readonly ring: readonly NodeSeen[] }> {
  const said = await testimonies([...others, node], hosts)
  const own = said.get(node)
  if (!own || 'silent' in own) return { reasons: [`${node} cannot be asked: ${own?.silent ?? 'it was not'}`], ring: [] }
  const id = own.sees.find(({ address }) => own.addresses.includes(address))?.id
  const reasons = [...said].flatMap(([name, testimony]) => {
    if ('silent' in testimony) return excused && !testimony.runs ? [] : [`${name} cannot be asked: ${testimony.silent}`]
    const seen = testimony.sees.find(other => other.id === id)
    return seen?.up && seen.state === 'normal' ? [] : [`${name} sees ${node} ${seen ? stateText(seen) : 'not at all'}`]
  })
  return { reasons, ring: own.sees }
}

/** How a node is waited for. */
export interface Entering extends Onlookers {
  readonly hosts: RingHosts
  readonly clock: Clock
  /** Nodes whose servers are started where they are off, for it needs them. */
  readonly wakes: readonly string[]
  /** Seconds between two looks, and for which all others are given to see it. */
  readonly interval: number
  readonly patience: number
  /** What else speaks against it, where all see it. */
  also?(): Promise<string | undefined>
  /** What to do once what stands in the way is mended. */
  readonly again: string
  progress(text: string): void
}

/**
 * Waits until a node that starts is one, and one for everybody. Only then may its seeds be those of the inventory: by them a node of a ring
 * of its own would find the others, and come to them without its data.
 * @throws Failed with what is not so
 */
export async function entersRing(node: string, entering: Entering): Promise<void> {
  const { hosts, clock, wakes, interval, patience, again, progress } = entering
  await becomesNormal(node, { hosts, clock, others: wakes, interval, progress })
  const end = clock.now() + patience * 1000
  for (;;) {
    const { reasons } = await unseenBy(node, entering, hosts)
    const reason = reasons[0] ?? (await entering.also?.())
    if (reason === undefined) return
    if (clock.now() > end)
      throw new Failed({
        message: `${node} is a node, and not yet one for everybody`,
        output: reasons.length > 0 ? reasons : [reason],
        hint: `mend what stands there, then ${again}`,
      })
    progress(reason)
    await clock.pause(interval)
  }
}
