import type { Finding } from './finding.ts'
import type { Journal } from './journal.ts'
import type { Operation } from './kind.ts'
import type { Step } from './step.ts'
import type { Survey } from './survey.ts'

/** Hosts looked at, and what would be done to them. */
export interface Outlook<J extends Journal> {
  readonly findings: readonly Finding[]
  readonly steps: J['steps']
  readonly unfinished: J | undefined
  /** Hosts on which somebody is at work right now, and who. */
  readonly locked: ReadonlyMap<string, string>
  /** For a person; `check`: nothing is done now. */
  text(check: boolean): string
  /** The same as data. */
  json(): unknown
  /** The journal of it, when it is about to begin. */
  begins(owner: string): J
}

/** How things stand after a run was cut off, and whether they can be left so. */
export interface Standing {
  /** Where false, what goes on cannot be stopped. */
  readonly leave: boolean
  /** Sentences for a person. */
  readonly says: readonly string[]
}

/** A long operation on the hosts of one fleet, as one command line wants it. `T`: what a host answers. */
export interface Course<A extends object = object, S extends Step = Step, T = unknown> {
  readonly operation: Operation<A, S>
  /** Hosts that take part. */
  readonly hosts: readonly string[]
  survey(hosts: readonly string[]): Promise<Survey<T, Journal<A, S>>>
  /** Asks and plans; changes nothing. `own`: the controller's journal, where it has one. */
  look(own: Journal<A, S> | undefined): Promise<Outlook<Journal<A, S>>>
  /** Takes one step; see `carryOut`. */
  take(step: S, journal: Journal<A, S>, progress: (text: string) => void): Promise<Partial<A> | undefined>
  /** What giving up means at the step a journal stands at; changes nothing. */
  standing(journal: Journal<A, S>): Promise<Standing>
  /** Does what it takes to leave things as they stand. Takes nothing away where that is not proven to be safe. */
  leave(journal: Journal<A, S>, standing: Standing): Promise<void>
  /** How the hosts stand, from what they answered: for a person, and as data. */
  text(answers: ReadonlyMap<string, T>): string
  json(answers: ReadonlyMap<string, T>): unknown
  /** What a person should know once all is done. */
  remarks(journal: Journal<A, S>): readonly string[]
}
