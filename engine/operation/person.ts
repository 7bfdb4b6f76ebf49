import type { OnOperation } from './events.ts'
import type { Journal } from './journal.ts'
import type { Operation } from './kind.ts'
import type { Step } from './step.ts'

/** Shows steps as they go. */
export interface StepShow {
  readonly on: OnOperation
  /** Says something beside the step at hand. */
  say(text: string): void
  /** Resolves when the last line stands; with what ended it, where it failed. */
  ended(error?: unknown): Promise<void>
}

/** Who gave the command, as an operation sees them: a person at a terminal, or a program that reads lines of JSON. */
export interface Person {
  /** A program: events are lines of JSON, and nothing else goes there with them. */
  readonly json: boolean
  /** Prints data; as text, where a person reads. */
  print(data: unknown, text: () => string): void
  /** One event as a line of JSON. */
  event(data: unknown): void
  out(text: string): void
  /** Says what goes on, beside the data. */
  tell(text: string): void
  /** @throws UsageError where nobody can be asked, Failed where they do not agree; `look`: the command that only looks */
  agrees(to: string, look: string): Promise<void>
  shows<A extends object, S extends Step>(journal: Journal<A, S>, operation: Operation<A, S>): Promise<StepShow>
  /** Aborts when they stop the run; `say` tells them what that means. */
  stops(meaning: string, say: (text: string) => void): AbortSignal
}
