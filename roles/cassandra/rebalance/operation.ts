import * as z from 'zod'
import { journalOnHost as journalOf } from '../../../engine/operation/files.ts'
import type { Journal as JournalOf } from '../../../engine/operation/journal.ts'
import { defineOperation } from '../../../engine/operation/kind.ts'
import { meaningOf, stepSchema, type Step } from './steps.ts'
import { commandsOf } from './words.ts'

/** What a rebalance knows beside its steps. */
export interface About {
  /** What weights it works towards. */
  readonly weights: Readonly<Record<string, number>>
  readonly keyspace: string
  /** The ring it is about: host IDs by name. A node that has rejoined stands there with its new one. */
  readonly ids: Readonly<Record<string, string>>
}

/** The rebalance of a ring, as a long operation. */
export const operation = defineOperation<About, Step>({
  name: 'rebalance',
  of: 'ring',
  command: 'rebalance cassandra',
  files: 'rebalance',
  about: {
    weights: z.record(z.string(), z.number()),
    keyspace: z.string().regex(/^[a-z][a-z0-9_]{0,47}$/),
    ids: z.record(z.string(), z.uuid()),
  },
  step: stepSchema,
  warns: 'data will move between nodes',
  meaningOf,
  commandsOf,
})

/** A rebalance and how far it is. */
export type Journal = JournalOf<About, Step>

/** Where each host of the ring has its journal. */
export const journalOnHost = journalOf(operation.files)
