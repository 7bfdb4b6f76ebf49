import type { BrokerCredentials } from './credentials.ts'
import { openLink } from './link.ts'
import { noSubscriber, Refused, silentCode } from './refused.ts'

/** A connection that a broker has accepted, to send messages through. */
export interface Session {
  /** Most messages of QoS 1 that the broker lets wait for its answer. */
  readonly most: number
  /**
   * Messages that leave together. Resolves when the broker has acknowledged all of them, with QoS 0 when they are sent. @throws what ended
   * the connection, or the broker's refusal of one of them
   */
  publish(topic: string, payloads: readonly string[], qos: 0 | 1): Promise<void>
  /** Ends the connection at once. */
  end(): void
}

/** Messages that were sent together. */
interface Sent {
  /** How many the broker has not answered. */
  left: number
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
  /** In the order in which they were sent. */
  const waiting = new Set<Sent>()
  const byNumber = new Map<number, Sent>()
  let number = 0

  function settle(sent: Sent, reason = 0): void {
    if (reason >= 128) sent.reject(new Refused('the broker refused the message', reason))
    else if (heard && reason === noSubscriber) sent.reject(new Refused('nobody has subscribed to the topic', reason))
    if (--sent.left > 0) return
    waiting.delete(sent)
    sent.resolve()
  }

  function acknowledged(key: number, reason: number): void {
    const sent = byNumber.get(key)
    if (sent === undefined) return
    byNumber.delete(key)
    settle(sent, reason)
  }

  const link = await openLink({ credentials, login: { clientId, clean: true }, timeout, received() {}, acknowledged })
  const { welcome, over, end } = link
  // One clock for all of them: one for each would be a good part of what a message costs.
  const clock = setInterval(
    () => {
      const [oldest] = waiting
      if (oldest && performance.now() - oldest.since > timeout)
        end(Object.assign(new Error(`no answer within ${timeout} ms`), { code: silentCode }))
    },
    Math.max(10, timeout / 10),
  )
  over.addEventListener('abort', () => {
    clearInterval(clock)
    const left = [...waiting]
    waiting.clear()
    byNumber.clear()
    for (const { reject } of left) reject(over.reason)
  })

  /** One that no message has that waits: there are far more of them than may wait. */
  function free(): number {
    do number = (number % numbers) + 1
    while (byNumber.has(number))
    return number
  }

  return {
    most: welcome.properties?.receiveMaximum ?? numbers,
    publish: (topic, payloads, qos) =>
      new Promise((resolve, reject) => {
        if (over.aborted) return reject(over.reason as Error)
        if (payloads.length === 0) return resolve()
        const sent: Sent = { left: qos === 0 ? 1 : payloads.length, since: performance.now(), resolve, reject }
        waiting.add(sent)
        for (const payload of payloads) {
          const key = qos === 0 ? undefined : free()
          if (key !== undefined) byNumber.set(key, sent)
          link.publish(topic, payload, key)
        }
        if (qos === 0) link.onceWritten(() => settle(sent))
      }),
    end: () => end(),
  }
}
