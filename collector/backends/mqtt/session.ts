import type { Packet } from 'mqtt-packet'
import type { BrokerCredentials } from './credentials.ts'
import { openLink } from './link.ts'
import { noSubscriber, Refused, silentCode } from './refused.ts'

/** A connection that a broker has accepted, to send messages through. */
export interface Session {
  /** Most messages of QoS 1 that the broker lets wait for its answer. */
  readonly most: number
  /** Resolves when the broker has acknowledged it, with QoS 0 when it was sent. @throws what ended the connection, or the broker's refusal */
  publish(topic: string, payload: string, qos: 0 | 1): Promise<void>
  /** Ends the connection at once. */
  end(): void
}

interface Waiting {
  /** Milliseconds. */
  readonly since: number
  resolve(): void
  reject(error: unknown): void
}

/** Numbers that messages have for the broker. */
const numbers = 65535

/**
 * Connects and logs in by certificate; `timeout` in milliseconds, for each answer. `heard`: a message that nobody has subscribed to is
 * refused.
 */
export async function openSession(credentials: BrokerCredentials, clientId: string, timeout: number, heard = false): Promise<Session> {
  /** By number; those of QoS 0, which have none for the broker, by one above. In the order in which they were sent. */
  const waiting = new Map<number, Waiting>()
  let number = 0
  let unnumbered = numbers

  function settle(key: number, reason: number): void {
    const found = waiting.get(key)
    waiting.delete(key)
    if (reason >= 128) found?.reject(new Refused('the broker refused the message', reason))
    else if (heard && reason === noSubscriber) found?.reject(new Refused('nobody has subscribed to the topic', reason))
    else found?.resolve()
  }

  function received(packet: Packet): void {
    if (packet.cmd === 'puback' && packet.messageId !== undefined) settle(packet.messageId, packet.reasonCode ?? 0)
  }

  const { welcome, over, send, end } = await openLink({ credentials, login: { clientId, clean: true }, timeout, received })
  // One clock for all of them: one for each would be a good part of what a message costs.
  const clock = setInterval(
    () => {
      const [oldest] = waiting.values()
      if (oldest && performance.now() - oldest.since > timeout)
        end(Object.assign(new Error(`no answer within ${timeout} ms`), { code: silentCode }))
    },
    Math.max(10, timeout / 10),
  )
  over.addEventListener('abort', () => {
    clearInterval(clock)
    const left = [...waiting.values()]
    waiting.clear()
    for (const { reject } of left) reject(over.reason)
  })

  /** One that no message has that waits: there are far more of them than may wait. */
  function free(): number {
    do number = (number % numbers) + 1
    while (waiting.has(number))
    return number
  }

  return {
    most: welcome.properties?.receiveMaximum ?? numbers,
    publish: (topic, payload, qos) =>
      new Promise((resolve, reject) => {
        if (over.aborted) return reject(over.reason as Error)
        const key = qos === 0 ? ++unnumbered : free()
        const packet = { cmd: 'publish', topic, payload, qos, dup: false, retain: false } as const
        // First: what cannot be made a packet waits for nothing.
        if (qos === 0) send(packet, () => settle(key, 0))
        else send({ ...packet, messageId: key })
        waiting.set(key, { since: performance.now(), resolve, reject })
      }),
    end: () => end(),
  }
}
