import * as z from 'zod'

const node = z.string().min(1)
const topic = z.string().regex(/^[\w.-]{1,249}$/)
const broker = z.number().int().min(0)
const partition = z.strictObject({ topic, partition: z.number().int().min(0), to: z.array(broker).min(1).readonly() })

/** One edge of the way from one placement to another, as journals keep it. Each looks first at what is there, so each can be taken again. */
export const stepSchema = z.discriminatedUnion('state', [
  /** Copies that are made are slowed down. Bytes a second and broker. */
  z.strictObject({ state: z.literal('throttle'), node, rate: z.number().int().min(1), topics: z.array(topic).readonly() }),
  /** A topic of Kafka's own that gets fewer copies asks for fewer that are in sync. */
  z.strictObject({ state: z.literal('minimum'), node, topic, inSync: z.number().int().min(1) }),
  /** One batch of partitions goes where it belongs. `bytes`: what that copies. */
  z.strictObject({ state: z.literal('move'), node, moves: z.array(partition).min(1).readonly(), bytes: z.number().min(0) }),
  z.strictObject({ state: z.literal('unthrottle'), node }),
  /** The first broker of each partition leads it. */
  z.strictObject({ state: z.literal('prefer'), node }),
  /** Each broker leads its share. */
  z.strictObject({ state: z.literal('verify'), node, topics: z.array(topic).readonly() }),
  /** The broker is none of the controllers any more. */
  z.strictObject({ state: z.literal('quorum'), node, id: broker }),
  /** Its server ends, and stays off. `dead`: it did not answer when this began. */
  z.strictObject({ state: z.literal('stop'), node, id: broker, dead: z.boolean() }),
  /** The cluster forgets it. */
  z.strictObject({ state: z.literal('unregister'), node, id: broker }),
])

export type Step = Readonly<z.output<typeof stepSchema>>

/** A partition, and where it is to be; its leader first. */
export type Place = z.output<typeof partition>

/** What a step is for, in a few words. */
export function meaningOf(step: Step): string {
  switch (step.state) {
    case 'throttle':
      return 'copies are made no faster than the cards and the network bear'
    case 'minimum':
      return `${step.topic} gets fewer copies, and asks for fewer`
    case 'move':
      return `${step.moves.length} ${step.moves.length === 1 ? 'partition goes' : 'partitions go'} where the weights ask for; all copies are complete before the next`
    case 'unthrottle':
      return 'copies are made at full speed again'
    case 'prefer':
      return 'the brokers that are to lead do'
    case 'verify':
      return 'each broker leads its share, to within one partition'
    case 'quorum':
      return 'is no controller any more'
    case 'stop':
      return 'holds nothing: its server ends and stays off'
    case 'unregister':
      return 'the cluster forgets it'
  }
}
