import type { ISubackPacket, ISubscribePacket, Packet } from 'mqtt-packet'
import type { BrokerCredentials } from '../../backends/mqtt/credentials.ts'
import { openLink } from '../../backends/mqtt/link.ts'
import { Refused } from '../../backends/mqtt/refused.ts'
import type { Message } from './messages.ts'

/** A message that the broker wants to hear of. */
export interface Delivered extends Message {
  readonly id: number
}

export interface Subscription {
  readonly credentials: BrokerCredentials
  /** The name of the session. */
  readonly id: string
  readonly topic: string
  /** Most messages that are not acknowledged. */
  readonly window: number
  /** Seconds that the session outlives its connection. */
  readonly expiry: number
  /** Milliseconds that the broker may take to answer. */
  readonly timeout: number
}

export interface SubscriberEvents {
  /** Subscribed. `known`: the broker has kept what came since the last time. */
  subscribed(known: boolean): void
  /**
   * Resolves when these are stored, in any way: then they are acknowledged, and not before. Called with what has come meanwhile, one call
   * after the other. @throws where they are not; `over` aborts when the connection is
   */
  take(messages: readonly Delivered[], over: AbortSignal): Promise<void>
}

/** Bytes that wait here before the broker is to wait with more; a batch is at most as large. */
const mostBytes = 512 * 1024

/**
 * Subscribes over TLS, in a session that stays at the broker when the connection ends, and takes messages until `ends` aborts: it then
 * acknowledges what is stored and leaves. @throws what ended the connection
 */
export async function subscribe(subscription: Subscription, events: SubscriberEvents, ends: AbortSignal): Promise<void> {
  const { credentials, id, topic, window, expiry, timeout } = subscription
  const waiting: Delivered[] = []
  let bytes = 0
  let wake = (): void => {}

  function received(packet: Packet, hold: () => void): void {
    // Nobody would send one of QoS 0 again.
    if (packet.cmd !== 'publish' || packet.qos === 0) return
    const content = Buffer.from(packet.payload)
    waiting.push({ id: packet.messageId ?? 0, topic: packet.topic, payload: content })
    bytes += content.length
    if (bytes > mostBytes) hold()
    wake()
  }

  /** The next messages: all there are, up to a size. */
  function next(): readonly Delivered[] {
    let size = 0
    const end = waiting.findIndex(({ payload }, index) => (size += payload.length) > mostBytes && index > 0)
    const messages = waiting.splice(0, end === -1 ? waiting.length : end)
    bytes = waiting.reduce((sum, { payload }) => sum + payload.length, 0)
    return messages
  }

  const login = { clientId: id, clean: false, properties: { sessionExpiryInterval: expiry, receiveMaximum: window } }
  const link = await openLink({ credentials, login, timeout, received, ends })
  const { welcome, over, send } = link
  const stops = AbortSignal.any([over, ends])
  try {
    const subscribes: ISubscribePacket = { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] }
    const { granted } = await link.asks<ISubackPacket>(subscribes, 'suback')
    const [first = 0] = granted as readonly number[]
    if (first >= 128) throw new Refused(`the broker refused ${topic}`, first)
    events.subscribed(welcome.sessionPresent)
    stops.addEventListener('abort', () => wake())
    while (!stops.aborted) {
      const messages = next()
      if (messages.length === 0) {
        await new Promise<void>(resolve => {
          wake = resolve
          if (stops.aborted || waiting.length > 0) resolve()
        })
        continue
      }
      await events.take(messages, stops)
      for (const { id: messageId } of messages) send({ cmd: 'puback', messageId })
      if (bytes <= mostBytes) link.goOn()
    }
    over.throwIfAborted()
    await link.leave()
  } catch (error) {
    // Why the connection ended says more than that something was left unfinished for it.
    throw over.aborted ? over.reason : error
  } finally {
    link.end()
  }
}
