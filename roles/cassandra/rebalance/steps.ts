import * as z from 'zod'

const node = z.string().min(1)
const list = z.array(z.string()).readonly()
// What a node was before it left, and so whether anybody still counts on it.
const id = z.string()

/** One edge of the way from one ring to another, as journals keep it. Each looks first at what is there, so each can be done again. */
export const stepSchema = z.discriminatedUnion('state', [
  /** System tables get a number of copies that lets a node leave. */
  z.strictObject({ state: z.literal('copies'), node, copies: z.number(), keyspaces: list }),
  /** A node whose seeds all are about to leave becomes its own, so that it can start while they are away. */
  z.strictObject({ state: z.literal('promote'), node, seeds: list }),
  z.strictObject({ state: z.literal('decommission'), node, id }),
  /** All others say that it is gone. */
  z.strictObject({ state: z.literal('confirm'), node, id }),
  z.strictObject({ state: z.literal('stop'), node, id, forGood: z.boolean() }),
  z.strictObject({ state: z.literal('wipe'), node, id, forGood: z.boolean() }),
  z.strictObject({ state: z.literal('place'), node, tokens: list, seeds: list, nodes: z.number() }),
  /** A host that is new to the ring gets everything a node needs, and starts. */
  z.strictObject({ state: z.literal('provision'), node }),
  z.strictObject({ state: z.literal('start'), node }),
  /** All nodes see it up and normal. */
  z.strictObject({ state: z.literal('join'), node }),
  /** What held only while the ring changed is taken back. */
  z.strictObject({ state: z.literal('settle'), node }),
  /** Data that others hold now is thrown away. */
  z.strictObject({ state: z.literal('cleanup'), node }),
])

export type Step = Readonly<z.output<typeof stepSchema>>

export type State = Step['state']

/** What a step is for, in a few words. */
export function meaningOf(step: Step): string {
  switch (step.state) {
    case 'copies': return `system tables: ${step.copies} ${step.copies === 1 ? 'copy' : 'copies'}, so that a node can leave`
    case 'promote': return 'is its own seed while the ring changes: its other seeds leave'
    case 'decommission': return 'hands its data to the others and leaves the ring'
    case 'confirm': return 'the others say that it is gone'
    case 'stop': return step.forGood ? 'the service ends and stays off' : 'the service ends (a decommissioned server does not by itself)'
    case 'wipe': return 'forgets its data: all of it is with the others'
    case 'place': return `${step.tokens.length} tokens by its weight`
    case 'provision': return 'is made a node, and starts to join'
    case 'start': return 'starts to join'
    case 'join': return 'takes its data; every node sees it up and normal'
    case 'settle': return 'its seeds are those of the inventory again'
    case 'cleanup': return 'throws away what others hold now'
  }
}
