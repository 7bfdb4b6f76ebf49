import { toFailure } from '../../../engine/errors.ts'
import { Locked } from '../../../engine/run/lock.ts'
import type { Member } from '../ring/index.ts'
import type { RingHosts } from '../node/index.ts'
import { unsealed, type Journal, type Seal } from './journal.ts'

/** The hosts of a ring, as a look at all of them needs them. */
export interface Surveyed {
  readonly ring: RingHosts
  /** The texts of the journals a host keeps: of what is under way, and of what was the last to end. */
  kept(host: string): Promise<readonly string[]>
  /** Who else is at work on a host. */
  holder(host: string): Promise<string | undefined>
}

/** What all hosts of a ring say, those that do not answer with the reason, and what a rebalance that was cut off left with them. */
export interface Survey {
  readonly members: ReadonlyMap<string, Member>
  readonly silent: ReadonlyMap<string, string>
  /** Of this fleet, those that are over included. */
  readonly journals: readonly Journal[]
  /** Hosts with a journal that must not be believed, and why. */
  readonly doubtful: ReadonlyMap<string, string>
  /** Hosts on which somebody is at work, and who. */
  readonly locked: ReadonlyMap<string, string>
}

/** Asks all hosts at once. */
export async function survey(names: readonly string[], hosts: Surveyed, seal: Seal): Promise<Survey> {
  const members = new Map<string, Member>()
  const silent = new Map<string, string>()
  const journals: Journal[] = []
  const doubtful = new Map<string, string>()
  const locked = new Map<string, string>()
  await Promise.all(
    names.map(async name => {
      try {
        for (const text of await hosts.kept(name)) {
          const read = unsealed(text, seal)
          if ('doubtful' in read) doubtful.set(name, read.doubtful)
          else journals.push(read)
        }
        const holder = await hosts.holder(name)
        if (holder !== undefined) locked.set(name, holder)
        members.set(name, await hosts.ring.member(name))
      } catch (error) {
        if (error instanceof Locked) locked.set(name, error.owner)
        silent.set(name, toFailure(error).message)
      }
    }),
  )
  // In the inventory's order, whoever answered first.
  return {
    members: new Map(names.flatMap(name => (members.has(name) ? [[name, members.get(name) as Member] as const] : []))),
    silent,
    journals,
    doubtful,
    locked,
  }
}

/** Copies of the keyspace as the ring has them; one while there is no such keyspace yet. */
export function factorOf(members: ReadonlyMap<string, Member>, keyspace: string): number {
  return [...members.values()].find(({ copies }) => copies.has(keyspace))?.copies.get(keyspace) ?? 1
}
