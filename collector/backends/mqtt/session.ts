import { connect as connectTls } from 'node:tls'
import type { MqttClient } from 'mqtt'
import type { BrokerCredentials } from './credentials.ts'

/** A connection that a broker has accepted. */
export interface Session {
  /** Resolves when the broker has acknowledged it, with QoS 0 when it was sent. @throws what ended the connection, or the broker's refusal */
  publish(topic: string, payload: string, qos: 0 | 1): Promise<void>
  /** Ends the connection at once. */
  end(): void
}

/** The broker closed the connection without a word. */
export const closedCode = 'CLOSED'
/** The broker gave no sign in time. */
export const silentCode = 'ETIMEDOUT'

/** What the broker says of MQTT's reason codes. */
export class Refused extends Error {
  readonly reason: number
  constructor(message: string, reason: number) {
    super(message)
    this.reason = reason
  }
}

const coded = (code: string, message: string) => Object.assign(new Error(message), { code })

/** Seconds of silence after which a sign of life is asked for. */
const keepalive = 30

/** The broker has a message and nobody to give it to: it throws it away. */
export const noSubscriber = 16

/**
 * Connects over TLS and logs in by certificate; `timeout` in milliseconds. `heard`: a message that nobody has subscribed to is refused. The
 * client is loaded here, so that nobody pays for it who has no broker. It never connects again by itself: the delivery does.
 */
export async function openSession(credentials: BrokerCredentials, clientId: string, timeout: number, heard = false): Promise<Session> {
  const Client = await mqttClient()
  let over: unknown
  const pending = new Set<(error: unknown) => void>()

  // What the socket says is the reason; the client keeps most of it to itself.
  const client = new Client(() => connectTls(credentials).on('error', ended), {
    protocolVersion: 5,
    clientId,
    clean: true,
    keepalive,
    reconnectPeriod: 0,
    connectTimeout: timeout,
    queueQoSZero: false,
  })

  function ended(error: unknown): void {
    over ??= reasonOf(error)
    client?.end(true)
    for (const reject of pending) reject(over)
    pending.clear()
  }
  /** Numbers of messages that were for nobody: the client calls them sent. */
  const unheard = new Set<number>()
  if (heard)
    client.on('packetreceive', packet => {
      if (packet.cmd === 'puback' && packet.reasonCode === noSubscriber && packet.messageId !== undefined) unheard.add(packet.messageId)
    })
  client.on('error', ended)
  client.on('disconnect', ({ reasonCode = 0 }) => ended(new Refused('the broker ended the connection', reasonCode)))
  client.on('close', () => ended(coded(closedCode, 'the broker closed the connection')))

  /** What `begin` comes to, unless the connection ends before, or the time. */
  function within(begin: (resolve: () => void, reject: (error: unknown) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (over !== undefined) return reject(over)
      const done = (): void => {
        clearTimeout(limit)
        pending.delete(fail)
      }
      const fail = (error: unknown): void => {
        done()
        reject(reasonOf(error))
      }
      const limit = setTimeout(() => fail(coded(silentCode, `no answer within ${timeout} ms`)), timeout)
      pending.add(fail)
      begin(() => {
        done()
        resolve()
      }, fail)
    })
  }

  try {
    await within(resolve => client.once('connect', resolve))
  } catch (error) {
    client.end(true)
    throw error
  }
  return {
    publish: (topic, payload, qos) =>
      within((resolve, reject) =>
        client.publish(topic, payload, { qos }, (error, packet) => {
          if (error) reject(error)
          else if (packet?.messageId !== undefined && unheard.delete(packet.messageId))
            reject(new Refused('nobody has subscribed to the topic', noSubscriber))
          else resolve()
        }),
      ),
    end: () => ended(coded(closedCode, 'the connection was ended here')),
  }
}

/** The client's answers with a reason code as such. */
function reasonOf(error: unknown): unknown {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  return typeof code === 'number' && !(error instanceof Refused) ? new Refused(String(message), code) : error
}

/** The client alone: its web sockets and proxies are a tenth of the agent. CommonJS calls it `default`, and some who load that once more. */
async function mqttClient(): Promise<typeof MqttClient> {
  const { default: loaded } = await import('mqtt/lib/client')
  return 'default' in loaded ? loaded.default : (loaded as typeof MqttClient)
}
