import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { Failed } from '../errors.ts'
import { journalOnHost } from './files.ts'
import type { Step } from './step.ts'

/** What every journal says. */
export const frame = {
  /** Of this fleet's operations of that kind; a later one has a higher number. */
  number: z.number().int().min(1),
  id: z.uuid(),
  fleet: z.string(),
  /** When it began, ISO 8601. */
  began: z.string(),
  /** Who began it; journals of before did not say. */
  owner: z.string().optional(),
  /** All hosts that take part. */
  hosts: z.array(z.string().min(1)).readonly(),
  /** The step at hand: those before it are done. All of them done: it is over. */
  at: z.number().int().min(0),
}

/** An operation and how far it is: enough to go on from any machine. */
export type Journal<A extends object = object, S extends Step = Step> = Readonly<z.output<z.ZodObject<typeof frame>>> &
  A & { readonly steps: readonly S[] }

/** What a plan brings along, when it is about to begin. */
export interface Begins<A extends object, S extends Step> {
  readonly fleet: string
  readonly owner: string
  readonly hosts: readonly string[]
  /** The highest number that anybody remembers. */
  readonly last: number
  readonly about: A
  readonly steps: readonly S[]
}

/** The journal of an operation that is about to begin. */
export function newJournal<A extends object, S extends Step>(plan: Begins<A, S>): Journal<A, S> {
  const { fleet, owner, hosts, last, about, steps } = plan
  return { number: last + 1, id: randomUUID(), fleet, began: new Date().toISOString(), owner, hosts, ...about, steps, at: 0 }
}

/** Is every step of it done? */
export const isOver = ({ at, steps }: Pick<Journal, 'at' | 'steps'>) => at >= steps.length

/**
 * The furthest of the latest journals, if its operation is not over.
 * @throws Failed where two of the same number were begun: neither is chosen
 */
export function unfinishedOf<J extends Journal>(
  journals: readonly J[],
  { name, files }: { readonly name: string; readonly files: string },
): J | undefined {
  const latest = lastNumber(journals)
  const mine = journals.filter(({ number }) => number === latest)
  const ids = new Set(mine.map(({ id }) => id))
  if (ids.size > 1)
    throw new Failed({
      message: `two ${name}s with the number ${latest} were begun: ${mine.map(({ began }) => began).join(' and ')}`,
      hint: `see ${journalOnHost(files)} on each host; remove the one whose steps were not taken`,
    })
  const furthest = mine.toSorted((a, b) => b.at - a.at)[0]
  return furthest && !isOver(furthest) ? furthest : undefined
}

/** The highest number of journals; 0 where there is none. */
export function lastNumber(journals: readonly Pick<Journal, 'number'>[]): number {
  return Math.max(0, ...journals.map(({ number }) => number))
}
