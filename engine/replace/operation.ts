import * as z from 'zod'
import { defineOperation, type Journal as AnyJournal } from '../operation/index.ts'

/** From an empty card to a host of the fleet, in this order; some are left out where there is nothing to do. */
export const states = ['image', 'card', 'numbers', 'provision', 'restore', 'revoke', 'look'] as const
export type State = (typeof states)[number]

export interface Step {
  readonly state: State
  readonly node: string
}

/** What a replacement is about, beside its steps. */
export interface About {
  /** Backups that are put back, by role: a later one may hold what the new card had while it was empty. */
  readonly sets: Readonly<Record<string, string>>
  /** The image that is written, where one is. */
  readonly image?: { readonly base: string; readonly out: string }
}

export type Journal = AnyJournal<About, Step>

const word = z.string().regex(/^[\w-][\w.-]*$/)

const meanings: Readonly<Record<State, string>> = {
  image: 'the image of its card is written',
  card: 'an empty card answers, and is taken for this',
  numbers: 'what must go on from where the former card was is put there',
  provision: 'it becomes what the inventory says',
  restore: 'what only a backup has comes back',
  revoke: 'certificates of the former card are taken back',
  look: 'its roles are seen at work',
}

/** `fleet replace HOST`. One at a time: the next host's stores may be this one's. */
export const operation = defineOperation<About, Step>({
  name: 'replacement',
  of: 'fleet',
  command: 'fleet replace',
  goesOn: 'the same command',
  files: 'replace',
  about: { sets: z.record(word, word), image: z.strictObject({ base: z.string().min(1), out: z.string().min(1) }).optional() } as {
    readonly [K in keyof About]-?: z.ZodType<About[K]>
  },
  step: z.strictObject({ state: z.enum(states), node: word }),
  warns: 'the former card of this host is taken for dead, for good',
  meaningOf: ({ state }) => meanings[state],
  commandsOf: ({ state, node }) => [`${state} ${node}`],
})
