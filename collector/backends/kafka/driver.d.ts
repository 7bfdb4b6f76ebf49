/** Parts of the driver that its types leave out. */
declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    readonly buffer: Buffer
    writeInt16(value: number): this
    writeInt32(value: number): this
    writeString(value: string | null): this
    writeBytes(value: Buffer): this
  }
}

declare module 'kafkajs/src/protocol/requests/produce/index.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js'

  /** What a producer asks a broker for. `messages` are as they were given to `send`. */
  export interface Produce {
    readonly transactionalId?: string | null
    readonly producerId: string | number
    readonly producerEpoch: number
    readonly acks: number
    readonly timeout: number
    readonly topicData: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number | string; readonly firstSequence: number; readonly messages: unknown }[]
    }[]
  }

  export interface Protocol {
    readonly request: { encode(): Promise<Encoder> }
    readonly response: object
  }

  const requests: { protocol(asked: { readonly version: number }): (produce: Produce) => Protocol }
  export default requests
}
