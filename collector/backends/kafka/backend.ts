import type { Backend, Stored } from '../backend.ts'
import type { KafkaOptions } from './client.ts'
import { classifyKafkaError } from './errors.ts'
import { gathering } from './gather.ts'
import { kafkaSender, type Sender } from './sender.ts'

/**
 * Kafka by several senders, so that the next request is made and on its way while brokers work on the one before. What is asked for one
 * after the other, as the agent does, goes by the first one, in order. The others only take what fills a request, and connect when there is
 * such a one: an agent has one producer and one connection.
 */
export function kafkaBackend(options: KafkaOptions): Backend {
  const { batch, requests = 3 } = options
  const first = kafkaSender(options)
  const others = Array.from({ length: requests - 1 }, () => joining(kafkaSender(options)))
  const gathered = gathering(batch, [first.send, ...others.map(({ send }) => send)])
  return {
    maxBatch: batch,
    together: batch,
    resolution: 1,
    classify: classifyKafkaError,
    async connect() {
      await first.connect()
      for (const other of others) other.open()
    },
    async store(readings): Promise<Stored> {
      await gathered(readings)
      return { duplicates: 0 }
    },
    async close() {
      await Promise.all([first.close(), ...others.map(other => other.close())])
    },
  }
}

/** A sender that connects when it has something to send, between `open` and `close`. */
function joining(sender: Sender): { readonly open: () => void; readonly send: Sender['send']; readonly close: Sender['close'] } {
  /** Which `open` it is: what was connected for one is not for the next. */
  let opened = 0
  let connectedFor = 0
  let isOpen = false

  async function close(): Promise<void> {
    isOpen = false
    connectedFor = 0
    await sender.close()
  }

  return {
    open() {
      isOpen = true
      opened++
    },
    async send(readings) {
      const now = opened
      if (isOpen && connectedFor !== now) {
        await sender.connect()
        if (isOpen && opened === now) connectedFor = now
        else await sender.close()
      }
      if (!isOpen) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
      await sender.send(readings)
    },
    close,
  }
}
