import * as z from 'zod'

const node = z.string().min(1)
const token = z.string().regex(/^-?\d{1,20}$/)
const address = z.string().regex(/^[\w.:%-]+$/)

/** One edge of the way from one ring to another, as journals keep it. Each looks first at what is there, so each can be done again. */
export const stepSchema = z.discriminatedUnion('state', [
  /** A node whose seeds all are about to leave becomes its own, so that it can start while they are away. */
  z.strictObject({ state: z.literal('promote'), node, seeds: z.array(address).readonly() }),
  z.strictObject({ state: z.literal('decommission'), node }),
  /** All others say that it is gone. */
  z.strictObject({ state: z.literal('confirm'), node }),
  z.strictObject({ state: z.literal('stop'), node }),
  z.strictObject({ state: z.literal('aside'), node }),
  z.strictObject({ state: z.literal('place'), node, tokens: z.array(token).min(1).readonly(), seeds: z.array(address).min(1).readonly() }),
  /** A host that is new to the ring gets everything a node needs, and starts. */
  z.strictObject({ state: z.literal('provision'), node }),
  z.strictObject({ state: z.literal('start'), node }),
  /** All nodes see it up and normal, with its tokens and its data. */
  z.strictObject({ state: z.literal('join'), node }),
  /** What held only while the ring changed is taken back. */
  z.strictObject({ state: z.literal('settle'), node }),
  /** Data that others hold now is thrown away. */
  z.strictObject({ state: z.literal('cleanup'), node }),
  /** What was moved aside is removed for good. */
  z.strictObject({ state: z.literal('forget'), node }),
])

export type Step = Readonly<z.output<typeof stepSchema>>

export type State = Step['state']

/** What a step is for, in a few words. */
export function meaningOf(step: Step): string {
  switch (step.state) {
    case 'promote':
      return 'is its own seed while the ring changes: its other seeds leave'
    case 'decommission':
      return 'hands its data to the others and leaves the ring'
    case 'confirm':
      return 'every other node says that it is gone'
    case 'stop':
      return 'the service ends and stays off (a decommissioned server does not end by itself)'
    case 'aside':
      return 'its data is moved aside: all of it is with the others, who are asked once more'
    case 'place':
      return `${step.tokens.length} tokens by its weight`
    case 'provision':
      return 'is made a node, and starts to join'
    case 'start':
      return 'starts to join'
    case 'join':
      return 'takes its data; every node sees it up and normal'
    case 'settle':
      return 'its seeds are those of the inventory again'
    case 'cleanup':
      return 'throws away what others hold now'
    case 'forget':
      return 'what was moved aside is removed for good'
  }
}
