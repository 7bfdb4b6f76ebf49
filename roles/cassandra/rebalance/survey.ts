import {
  cutOff as cutOffOf,
  survey as surveyOf,
  type CutOff as CutOffOf,
  type OwnJournal,
  type Seal,
  type Survey as SurveyOf,
  type SurveyedHosts,
} from '../../../engine/operation/index.ts'
import type { RingHosts } from '../node/index.ts'
import type { Member } from '../ring/index.ts'
import { operation, type Journal } from './operation.ts'

/** The hosts of a ring, as a look at all of them needs them. */
export interface Surveyed extends SurveyedHosts {
  readonly ring: RingHosts
}

/** What all hosts of a ring say. */
export type Survey = SurveyOf<Member, Journal>

/** Asks all hosts at once. */
export async function survey(names: readonly string[], hosts: Surveyed, seal: Seal): Promise<Survey> {
  return surveyOf(names, hosts, { operation, seal }, host => hosts.ring.member(host))
}

/** What is known of a rebalance that was cut off. */
export type CutOff = CutOffOf<Member, Journal>

/**
 * The journal of the rebalance that was cut off. `nodes`: hosts to ask; `known`: is it a host of the inventory?
 * @throws Failed where there is none, or none that may be believed
 */
export async function cutOff(
  nodes: readonly string[],
  known: (host: string) => boolean,
  hosts: Surveyed,
  seal: Seal,
  own: OwnJournal,
): Promise<CutOff> {
  return cutOffOf({ operation, seal, own, hosts: nodes, known, survey: asked => survey(asked, hosts, seal) })
}

/** Copies of the keyspace as the ring has them; one while there is no such keyspace yet. */
export function factorOf(members: ReadonlyMap<string, Member>, keyspace: string): number {
  return [...members.values()].find(({ copies }) => copies.has(keyspace))?.copies.get(keyspace) ?? 1
}
