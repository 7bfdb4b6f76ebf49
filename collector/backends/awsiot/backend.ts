import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import type { Backend, Stored } from '../backend.ts'
import type { AwsiotConfig } from './config.ts'
import { credentialsOf } from './credentials.ts'
import { classifyAwsiotError } from './errors.ts'
import { messagesOf } from './message.ts'
import { pace, window } from './pace.ts'
import { openSession, type Session } from './session.ts'

/** AWS takes 100 that it has not acknowledged. */
const mostUnacknowledged = 90
/** Milliseconds: AWS takes one connection a second of a name. */
const betweenConnects = 1000

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
    async connect() {
      const credentials = credentialsOf(options)
      const wait = mayConnect - performance.now()
      if (wait > 0) await sleep(wait)
      mayConnect = performance.now() + betweenConnects
      session = await openSession(credentials, name, timeout)
    },
    async store(readings): Promise<Stored> {
      const through = session
      if (!through) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
      await Promise.all(messagesOf(readings, batch).map(message => send(through, message)))
      return { duplicates: 0 }
    },
    async close() {
      session?.end()
      session = undefined
    },
  }
}
