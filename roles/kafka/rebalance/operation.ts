import * as z from 'zod'
import { defineOperation, type Journal as JournalOf } from '../../../engine/operation/index.ts'
import { meaningOf, stepSchema, type Step } from './steps.ts'
import { commandsOf } from './words.ts'

/** What a rebalance knows beside its steps. */
export interface About {
  /** What weights it works towards, by host. */
  readonly weights: Readonly<Record<string, number>>
  /** The cluster it is about. */
  readonly cluster: string
  /** Numbers of its brokers, by host; of one that leaves, too. */
  readonly ids: Readonly<Record<string, number>>
}

/** The rebalance of a cluster of brokers, as a long operation. */
export const operation = defineOperation<About, Step>({
  name: 'rebalance',
  of: 'cluster',
  command: 'rebalance kafka',
  files: 'rebalance-kafka',
  about: {
    weights: z.record(z.string(), z.number()),
    cluster: z.string().regex(/^[\w-]{1,64}$/),
    ids: z.record(z.string(), z.number().int()),
  },
  step: stepSchema,
  warns: 'partitions will move between brokers',
  meaningOf,
  commandsOf,
})

/** A rebalance and how far it is. */
export type Journal = JournalOf<About, Step>
