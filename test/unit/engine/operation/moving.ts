import * as z from 'zod'
import { defineOperation, type Journal, type OwnJournal } from '../../../../engine/operation/index.ts'

const node = z.string().min(1)
const step = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('lift'), node }),
  z.strictObject({ state: z.literal('carry'), node, to: z.string().regex(/^\w+$/) }),
])

export type Move = Readonly<z.output<typeof step>>

export interface About {
  readonly room: string
  /** How much each has carried. */
  readonly carried: Readonly<Record<string, number>>
}

/** An operation that exists only here. */
export const moving = defineOperation<About, Move>({
  name: 'move',
  of: 'house',
  command: 'move',
  files: 'house-move',
  about: { room: z.string().regex(/^\w+$/), carried: z.record(z.string(), z.number()) },
  step,
  meaningOf: ({ state }) => `${state}s it`,
})

export const journal: Journal<About, Move> = {
  number: 3,
  id: 'b5f1f0a4-6c0e-4f43-9d0b-5c3f0d1f1c11',
  fleet: 'pi',
  began: '2026-01-01T00:00:00Z',
  owner: 'pi@desk',
  hosts: ['a', 'b'],
  room: 'attic',
  carried: {},
  steps: [
    { state: 'lift', node: 'a' },
    { state: 'carry', node: 'a', to: 'cellar' },
    { state: 'lift', node: 'b' },
    { state: 'carry', node: 'b', to: 'cellar' },
  ],
  at: 0,
}
export const seal = { fleet: 'pi', key: 'secret' }

/** The controller's copy, in memory. */
export function ownInMemory(text?: string): OwnJournal & { text: string | undefined } {
  return {
    text,
    read() {
      return this.text
    },
    async write(now) {
      this.text = now
    },
    remove() {
      this.text = undefined
    },
  }
}
