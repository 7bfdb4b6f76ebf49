import * as z from 'zod'
import { frame, type Journal } from './journal.ts'
import type { Step } from './step.ts'

/** What a long operation says of itself. `A`: what its journals say beside the steps. */
export interface OperationDefinition<A extends object, S extends Step> {
  /** What it is called, e.g. `rebalance`. */
  readonly name: string
  /** What it changes, e.g. `ring`. */
  readonly of: string
  /** What a person types, with the role it is of: `move barrels`. A fleet may have the same of several roles. */
  readonly command: string
  /** What goes on where a run was cut off; absent: the same with `--resume`. */
  readonly goesOn?: string
  /** Names its journals beside the inventory and on hosts, and their secret: those of one operation are none of another. */
  readonly files: string
  /** The schema of what its journals say beside the steps. Like that of a step it lets nothing pass that means something to a shell. */
  readonly about: { readonly [K in keyof A]: z.ZodType<A[K]> }
  /** The schema of a step. */
  readonly step: z.ZodType<S>
  /** What a person agrees to before it begins, e.g. `data will move between nodes`. */
  readonly warns: string
  /** What a step is for, in a few words. */
  meaningOf(step: S): string
  /** What a step runs on its host, for a person to read: the same words, without what makes them safe to run twice. */
  commandsOf(step: S): readonly string[]
}

/** A long operation, to everything here that leads one. */
export interface Operation<A extends object = object, S extends Step = Step> extends OperationDefinition<A, S> {
  /** The schema of its journals. */
  readonly journal: z.ZodType<Journal<A, S>>
}

/** Defines a long operation. */
export function defineOperation<A extends object, S extends Step>(definition: OperationDefinition<A, S>): Operation<A, S> {
  const { at, ...rest } = frame
  const schema = z.strictObject({ ...rest, ...definition.about, steps: z.array(definition.step).readonly(), at })
  // TypeScript does not see that the parts of a strict object are those of the type.
  return { ...definition, journal: schema as unknown as z.ZodType<Journal<A, S>> }
}
