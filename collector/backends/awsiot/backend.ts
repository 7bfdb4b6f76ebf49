import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import type { Backend, ShownCertificate, Stored } from '../backend.ts'
import type { AwsiotConfig } from './config.ts'
import { certificateStamp, coded, credentialsOf, newCertificateCode } from './credentials.ts'
import { classifyAwsiotError } from './errors.ts'
import { messagesOf } from './message.ts'
import { pace, window } from './pace.ts'
import { openSession, type Session } from './session.ts'

/** AWS takes 100 that it has not acknowledged. */
const mostUnacknowledged = 90
/** Milliseconds: AWS takes one connection a second of a name. */
const betweenConnects = 1000
/** Milliseconds between two looks whether another certificate was put in place. */
const betweenLooks = 2000

export type AwsiotOptions = Omit<AwsiotConfig, 'type' | 'name'>

/**
 * AWS IoT, or a broker of one's own that speaks MQTT 5. A message counts when the broker has acknowledged it (QoS 1). What was not is sent
 * again, so a reading may be there twice: who reads the topic stores by (location, date).
 */
export function awsiotBackend(options: AwsiotOptions): Backend {
  const { thing, clientId, batch, timeout, messages } = options
  const topic = options.topic.replaceAll('{thing}', () => thing)
  const name = clientId === 'thing' ? thing : `${thing}-${randomBytes(6).toString('hex')}`
  const qos = options.qos === 0 ? 0 : 1
  const pause = pace(messages)
  const inWindow = window(mostUnacknowledged)
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
    const there = certificateStamp(options.folder)
    if (there !== undefined && there !== stamp) throw coded(newCertificateCode, 'there is a new certificate')
  }

  function send(through: Session, message: string): Promise<void> {
    return inWindow(async () => {
      const wait = pause()
      if (wait > 0) await sleep(wait)
      await through.publish(topic, message, qos)
    })
  }

  return {
    maxBatch: batch,
    resolution: 1,
    classify: classifyAwsiotError,
    get certificate() {
      return acknowledged
    },
    async connect() {
      // First: what is put in place meanwhile is seen later.
      stamp = certificateStamp(options.folder)
      const credentials = credentialsOf(options)
      const wait = mayConnect - performance.now()
      if (wait > 0) await sleep(wait)
      mayConnect = performance.now() + betweenConnects
      session = await openSession(credentials, name, timeout)
      shown = credentials.certificate
    },
    async store(readings): Promise<Stored> {
      const through = session
      if (!through) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
      refuseFormer()
      const by = shown
      await Promise.all(messagesOf(readings, batch).map(message => send(through, message)))
      if (qos === 1) acknowledged = by
      return { duplicates: 0 }
    },
    async close() {
      session?.end()
      session = undefined
    },
  }
}
