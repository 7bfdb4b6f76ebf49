import { credentialsOf } from '../../backends/mqtt/credentials.ts'
import { betweenLooks, stampOf } from '../../backends/mqtt/certificate.ts'
import { classifyMqttError } from '../../backends/mqtt/errors.ts'
import { messagesOf } from '../../backends/mqtt/message.ts'
import { backoff, pause } from '../../backoff.ts'
import { Stopped } from '../../delivery.ts'
import { codeOf, sentence } from '../../problem.ts'
import type { OpenFeed } from '../feed.ts'
import type { MqttFrom } from './config.ts'
import { letterFile } from './letters.ts'
import { readingsIn } from './messages.ts'
import { subscribe, type Delivered } from './subscriber.ts'

/** Takes messages of a broker of MQTT, in a session that stays there. */
export function mqttFeed(from: MqttFrom): OpenFeed<Delivered> {
  const { topic, id, window, expiry, timeout } = from
  const letters = letterFile(from.deadLetters)
  return events => {
    let was = false

    return {
      name: 'mqtt',
      place: topic,
      deadLetters: from.deadLetters,
      holds: message => readingsIn(message, topic),
      origin: message => `a message on ${message.topic}`,
      async bury(message, reading, { code, message: why }, ends) {
        // Of a message with many readings the one that is meant.
        const content = reading ? Buffer.from(messagesOf([reading], 1)[0] ?? '') : message.payload
        for (let failures = 0; ; failures++) {
          try {
            return letters.add({ topic: message.topic, code, message: why, content })
          } catch (error) {
            if (ends.aborted) throw new Stopped()
            const wait = backoff('transient', failures)
            events.failed({ kind: 'transient', code: codeOf(error), message: `no dead letter can be kept: ${sentence(error)}` }, wait)
            await pause(wait, ends)
          }
        }
      },
      async run(ends) {
        // A certificate that was replaced will be shut out: the next connection shows the new one, and what was not acknowledged comes again.
        while (!ends.aborted) {
          // First: what is put in place meanwhile is seen later.
          const stamp = stampOf(from.certificate)
          const renewed = new AbortController()
          const look = setInterval(() => {
            const there = stampOf(from.certificate)
            if (there !== undefined && there !== stamp) renewed.abort()
          }, betweenLooks)
          try {
            const credentials = credentialsOf(from)
            await subscribe(
              { credentials, id, topic, window, expiry, timeout },
              {
                subscribed(known) {
                  if (was && !known) events.warn(`the broker had forgotten ${id}: what came while it was away is gone`)
                  was = true
                  events.joined(`subscribed as ${id}${known ? ', with what came since the last time' : ''}`)
                },
                take: (messages, over) => events.take(messages, over),
              },
              AbortSignal.any([ends, renewed.signal]),
            )
          } catch (error) {
            // What was begun and not stored comes again; what ended the connection is told by the next try.
            if (!(error instanceof Stopped)) throw error
          } finally {
            clearInterval(look)
            events.left()
          }
          if (!renewed.signal.aborted) return
        }
      },
      classify: classifyMqttError,
      close: async () => {},
    }
  }
}
