import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import type { Backend, Failure, ShownCertificate, Stored } from '../backend.ts'
import { betweenLooks, newCertificateCode, stampOf } from './certificate.ts'
import type { BrokerCredentials } from './credentials.ts'
import { messagesOf } from './message.ts'
import { pace, window } from './pace.ts'
import { openSession, type Session } from './session.ts'

/** Messages under way at a time. AWS takes 100 that it has not acknowledged; of those of QoS 0 none waits for that. */
const mostUnderWay = { 0: 1000, 1: 90 } as const
/** Milliseconds: AWS takes one connection a second of a name. */
const betweenConnects = 1000

/** How readings go to a broker, whosever it is. */
export interface MqttOptions {
  /** Whose readings they are; also the name of the connection. */
  readonly thing: string
  /** `{thing}` in it becomes the thing's name. */
  readonly topic: string
  /** `own`: each connection has a name of its own. */
  readonly clientId: 'thing' | 'own'
  readonly qos: number
  /** Messages a second at most; 0: no limit. */
  readonly messages: number
  /** Most readings in one message. */
  readonly batch: number
  /** Milliseconds. */
  readonly timeout: number
  /** A message that nobody has subscribed to does not count; absent: it does. */
  readonly heard?: boolean
  /** File with the certificate that is shown. Where another is put in its place, the connection ends. */
  readonly certificate: string
  /** What is shown to the broker, asked at each connect. @throws what `classify` knows */
  credentials(): BrokerCredentials
  classify(error: unknown): Failure
}

/**
 * A broker that speaks MQTT 5. A message counts when the broker has acknowledged it (QoS 1). What was not is sent again, so a reading may
 * be there twice: who reads the topic stores by (location, date).
 */
export function mqttBackend(options: MqttOptions): Backend {
  const { thing, clientId, batch, timeout, messages, heard, classify } = options
  const topic = options.topic.replaceAll('{thing}', () => thing)
  const name = clientId === 'thing' ? thing : `${thing}-${randomBytes(6).toString('hex')}`
  const qos = options.qos === 0 ? 0 : 1
  const pause = pace(messages)
  let most: number = mostUnderWay[qos]
  let inWindow = window(most)
  let session: Session | undefined
  let mayConnect = 0
  let shown: ShownCertificate | undefined
  let acknowledged: ShownCertificate | undefined
  let stamp: string | undefined
  let mayLook = 0

  /** A certificate that was replaced is one that will be shut out: the connection it made ends before that. */
  function refuseFormer(): void {
    const now = performance.now()
    if (now < mayLook) return
    mayLook = now + betweenLooks
    const there = stampOf(options.certificate)
    if (there === undefined || there === stamp) return
    throw Object.assign(new Error('there is a new certificate'), { code: newCertificateCode })
  }

  /** All that may be under way together leave together, unless each has its own moment. */
  async function send(through: Session, payloads: readonly string[]): Promise<void> {
    const step = messages === 0 ? most : 1
    const parts = Array.from({ length: Math.ceil(payloads.length / step) }, (_, part) => payloads.slice(part * step, (part + 1) * step))
    await Promise.all(
      parts.map(part =>
        inWindow(part.length, async () => {
          const wait = pause()
          if (wait > 0) await sleep(wait)
          await through.publish(topic, part, qos)
        }),
      ),
    )
  }

  return {
    maxBatch: batch,
    // Half of what may be under way leaves while the other half is answered.
    together: messages === 0 ? batch * Math.ceil(mostUnderWay[qos] / 2) : 1,
    resolution: 1,
    classify,
    get certificate() {
      return acknowledged
    },
    async connect() {
      // First: what is put in place meanwhile is seen later.
      stamp = stampOf(options.certificate)
      const credentials = options.credentials()
      const wait = mayConnect - performance.now()
      if (wait > 0) await sleep(wait)
      mayConnect = performance.now() + betweenConnects
      session = await openSession(credentials, name, timeout, heard)
      most = Math.min(mostUnderWay[qos], session.most)
      inWindow = window(most)
      shown = credentials.certificate
    },
    async store(readings): Promise<Stored> {
      const through = session
      if (!through) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
      refuseFormer()
      const by = shown
      await send(through, messagesOf(readings, batch))
      if (qos === 1) acknowledged = by
      return { duplicates: 0 }
    },
    async close() {
      session?.end()
      session = undefined
    },
  }
}
