import { toFailure } from '../../../engine/run/failure.ts'
import type { Member } from '../ring/index.ts'
import type { Hosts } from './hosts.ts'
import { journalOnHost, parseJournal, type Journal } from './journal.ts'

/** What all hosts of a ring say, those that do not answer with the reason, and what a rebalance that was cut off left with them. */
export interface Survey {
  readonly members: ReadonlyMap<string, Member>
  readonly silent: ReadonlyMap<string, string>
  readonly journals: readonly Journal[]
}

/** Asks all hosts at once. */
export async function survey(names: readonly string[], hosts: Hosts): Promise<Survey> {
  const members = new Map<string, Member>()
  const silent = new Map<string, string>()
  const journals: Journal[] = []
  await Promise.all(names.map(async name => {
    try {
      members.set(name, await hosts.member(name))
      const kept = await hosts.attempt(name, `cat ${journalOnHost} 2>/dev/null`)
      if (kept) journals.push(parseJournal(kept, `${journalOnHost} on ${name}`))
    } catch (error) {
      const failure = toFailure(error)
      silent.set(name, failure.message)
    }
  }))
  // In the inventory's order, whoever answered first.
  return { members: new Map(names.flatMap(name => (members.has(name) ? [[name, members.get(name) as Member] as const] : []))), silent, journals }
}

/** Copies of the keyspace as the ring has them; one while there is no such keyspace yet. */
export function factorOf(members: ReadonlyMap<string, Member>, keyspace: string): number {
  return [...members.values()].find(({ copies }) => copies.has(keyspace))?.copies.get(keyspace) ?? 1
}
