import type { Injected } from '../fault/inject-proven.ts'
import type { Fault } from '../fault/kinds.ts'
import type { Proof } from '../fault/proofs/proof.ts'

/** A host that is meant, and what it was at that moment. */
export interface Hit {
  readonly host: string
  /** E.g. `kafka leader`; absent: it was named. */
  readonly as?: string
}

/** One look at a fleet at work. */
export interface Look {
  /** Readings the store acknowledged to the agents that answer, since they were started. */
  readonly stored: number
  /** Readings they hold that it did not. */
  readonly waiting: number
  /** Hosts whose agent did not answer. */
  readonly silent: readonly string[]
}

/** What a store has under one number. */
export interface Rows {
  readonly times: number
  /** Different dates among them: a reading that was stored again has its own. */
  readonly dates: number
}

/** What became of the readings of one place. */
export interface Counted {
  readonly place: string
  /** The agent gave its readings the numbers 1 to this. */
  readonly taken: number
  /** What the store has, by number. */
  readonly found: ReadonlyMap<number, Rows>
}

/** The fleet a scenario works on. */
export interface World {
  /** Hosts by name, or by what they are now: `kafka:leader`. @throws LabError where there is none */
  resolve(hosts: readonly string[]): Promise<readonly Hit[]>
  look(): Promise<Look>
  inject(fault: Fault): Promise<Injected>
  /** Ends that fault, those at these hosts, or all. */
  heal(which?: { readonly id: string } | { readonly hosts: readonly string[] }): Promise<void>
  /** Gives hosts new, empty cards, and boots them; what was seen of that. */
  newCard(hosts: readonly string[]): Promise<readonly Proof[]>
  /** Runs a command of the project on the fleet. */
  run(words: readonly string[]): Promise<{ readonly code: number; readonly text: string }>
  /** What the store has before anything is broken; `taken` is what it has acknowledged. */
  earlier(): Promise<readonly Counted[]>
  /** Stops the agents when they have delivered all, counts, and starts them. @throws LabError where they do not within so many seconds */
  count(within: number): Promise<readonly Counted[]>
}

/** Time, as a scenario knows it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  sleep(milliseconds: number): Promise<void>
}
