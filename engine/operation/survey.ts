import { toFailure } from '../errors.ts'
import { Locked } from '../run/lock.ts'
import type { Journal } from './journal.ts'
import type { Operation } from './kind.ts'
import { unsealed, type Seal } from './seal.ts'
import type { Step } from './step.ts'

/** Hosts, as a look at all of them needs them. */
export interface SurveyedHosts {
  /** The texts of the journals a host keeps: of what is under way, and of what was the last to end. */
  kept(host: string): Promise<readonly string[]>
  /** Who else is at work on a host. */
  holder(host: string): Promise<string | undefined>
}

/** What all hosts say, those that do not answer with the reason, and what an operation that was cut off left with them. */
export interface Survey<T, J extends Journal = Journal> {
  readonly answers: ReadonlyMap<string, T>
  readonly silent: ReadonlyMap<string, string>
  /** Of this fleet, those that are over included. */
  readonly journals: readonly J[]
  /** Hosts with a journal that must not be believed, and why. */
  readonly doubtful: ReadonlyMap<string, string>
  /** Hosts on which somebody is at work, and who. */
  readonly locked: ReadonlyMap<string, string>
}

/** Asks all hosts at once: each for its journals and for who is at work there, then with `ask`. */
export async function survey<T, A extends object, S extends Step>(
  names: readonly string[],
  hosts: SurveyedHosts,
  { operation, seal }: { readonly operation: Operation<A, S>; readonly seal: Seal },
  ask: (host: string) => Promise<T>,
): Promise<Survey<T, Journal<A, S>>> {
  const answers = new Map<string, T>()
  const silent = new Map<string, string>()
  const journals: Journal<A, S>[] = []
  const doubtful = new Map<string, string>()
  const locked = new Map<string, string>()
  await Promise.all(
    names.map(async name => {
      try {
        for (const text of await hosts.kept(name)) {
          const read = unsealed(text, seal, operation)
          if ('doubtful' in read) doubtful.set(name, read.doubtful)
          else journals.push(read)
        }
        const holder = await hosts.holder(name)
        if (holder !== undefined) locked.set(name, holder)
        answers.set(name, await ask(name))
      } catch (error) {
        if (error instanceof Locked) locked.set(name, error.owner)
        silent.set(name, toFailure(error).message)
      }
    }),
  )
  // In the inventory's order, whoever answered first.
  const inOrder = names.flatMap(name => (answers.has(name) ? [[name, answers.get(name) as T] as const] : []))
  return { answers: new Map(inOrder), silent, journals, doubtful, locked }
}
