import * as z from 'zod'
import type { Fault } from '../fault/kinds.ts'

/** Where readings can be counted: in a store, or in what Flink's job made of them by the minute. */
export const scenarioStores = ['mariadb', 'kafka', 'cassandra', 'flink'] as const

const seconds = z.number().min(0).max(7200)

const hosts = z.array(z.string().min(1)).min(1)

/** One thing that is done. A fault without `for` lasts until a step heals, or the scenario ends. */
export const stepSchema = z.strictObject({
  fault: z.record(z.string(), z.unknown()).optional(),
  for: seconds.optional(),
  wait: seconds.optional(),
  run: z.array(z.string().min(1)).min(1).optional(),
  exits: z.number().int().min(0).max(255).optional(),
  heal: z.union([z.literal('all'), hosts]).optional(),
  'new-card': hosts.optional(),
})

/** A scenario as a file has it; what a fault may say is in `faultSchema`. */
export const scenarioSchema = z.strictObject({
  scenario: z.string().min(1),
  store: z.enum(scenarioStores),
  steady: z.strictObject({ within: seconds.default(180), rate: z.number().min(0.1).default(1) }).prefault({}),
  steps: z.array(stepSchema).min(1),
  expect: z
    .strictObject({
      lost: z.number().int().min(0).default(0),
      doubled: z.number().int().min(0).default(0),
      repeats: z.boolean().default(false),
      recovers: seconds.default(300),
    })
    .prefault({}),
})

export type Step =
  | { readonly kind: 'fault'; readonly fault: Fault; readonly seconds?: number }
  | { readonly kind: 'wait'; readonly seconds: number }
  /** `{hit}` in its words is the hosts of the last fault, `{hit:N}` of the N-th; `exits`: with which code it must end. */
  | { readonly kind: 'run'; readonly words: readonly string[]; readonly exits: number }
  /** Without hosts: all. */
  | { readonly kind: 'heal'; readonly hosts?: readonly string[] }
  /** These hosts get new, empty cards, and boot. */
  | { readonly kind: 'new-card'; readonly hosts: readonly string[] }

export interface Expectations {
  /** Readings that were taken and are not in the store; in it more than once. */
  readonly lost: number
  readonly doubled: number
  /** Numbers may be given again, to readings of other dates: agents do so that lost their power. */
  readonly repeats: boolean
  /** Seconds after the last fault until nothing waits any more. */
  readonly recovers: number
}

/** Something bad that happens to a fleet at work, and what must be true after it. */
export interface Scenario {
  readonly name: string
  /** The kind of store whose readings are counted. */
  readonly store: (typeof scenarioStores)[number]
  /** What must be so before anything is broken: so many readings a second stored, reached within so many seconds. */
  readonly steady: { readonly within: number; readonly rate: number }
  readonly steps: readonly Step[]
  readonly expect: Expectations
}
