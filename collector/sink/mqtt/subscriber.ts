import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { IConnackPacket, ISubackPacket, Packet } from 'mqtt-packet'
import type { BrokerCredentials } from '../../backends/mqtt/credentials.ts'
import { closedCode, Refused, silentCode } from '../../backends/mqtt/session.ts'
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

const coded = (code: string, message: string) => Object.assign(new Error(message), { code })

/** Seconds without a word after which the broker may take us for dead; a sign of life goes out at a third of it. */
const keepalive = 30
/** Bytes that wait here before the broker is to wait with more; a batch is at most as large. */
const mostBytes = 512 * 1024

/**
 * Subscribes over TLS, in a session that stays at the broker when the connection ends, and takes messages until `ends` aborts: it then
 * acknowledges what is stored and leaves. The client library acknowledges a message before it looks at the next, so that many could not be
 * stored at once; this speaks the protocol through its parser alone. @throws what ended the connection
 */
export async function subscribe(subscription: Subscription, events: SubscriberEvents, ends: AbortSignal): Promise<void> {
  const { credentials, id, topic, window, expiry, timeout } = subscription
  const { generate, parser: makeParser } = await import('mqtt-packet')
  const version = { protocolVersion: 5 }
  const parser = makeParser(version)
  const waiting: Delivered[] = []
  let bytes = 0
  let heard = performance.now()
  let failure: unknown
  let wake = (): void => {}
  const over = new AbortController()
  const answers = new Map<string, (packet: Packet) => void>()

  const socket = connectTls(credentials)
  const send = (packet: Packet): void => void socket.write(generate(packet, version))

  function end(error?: unknown): void {
    failure ??= error
    over.abort()
    wake()
  }
  const leave = (): void => end()

  function received(packet: Packet): void {
    heard = performance.now()
    if (packet.cmd === 'publish') {
      const { qos, messageId, payload, topic: name } = packet
      // Nobody would send it again.
      if (qos === 0) return
      const content = Buffer.from(payload)
      waiting.push({ id: messageId ?? 0, topic: name, payload: content })
      bytes += content.length
      if (bytes > mostBytes) socket.pause()
      wake()
    } else if (packet.cmd === 'disconnect') end(new Refused('the broker ended the connection', packet.reasonCode ?? 0))
    else answers.get(packet.cmd)?.(packet)
  }

  /** The answer of a kind, within the time. */
  const answer = <Answer extends Packet>(cmd: Answer['cmd'], ask: () => void): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(limit)
        answers.delete(cmd)
        over.signal.removeEventListener('abort', gone)
        done()
      }
      const gone = (): void => settle(() => reject(failure ?? coded(closedCode, 'it was ended here')))
      const limit = setTimeout(() => end(coded(silentCode, `no answer within ${timeout} ms`)), timeout)
      answers.set(cmd, packet => settle(() => resolve(packet as Answer)))
      over.signal.addEventListener('abort', gone)
      if (over.signal.aborted) return gone()
      ask()
    })

  parser.on('packet', received)
  parser.on('error', end)
  socket
    .on('data', data => void parser.parse(data))
    .on('error', end)
    .on('close', () => end(coded(closedCode, 'the broker closed the connection')))
  ends.addEventListener('abort', leave)
  if (ends.aborted) leave()
  const alive = setInterval(
    () => {
      // Where we ask it to wait, its word waits as well.
      if (!socket.isPaused() && performance.now() - heard > (keepalive * 1000) / 3 + timeout)
        return end(coded(silentCode, `not a word within ${timeout} ms`))
      send({ cmd: 'pingreq' })
    },
    (keepalive * 1000) / 3,
  )

  /** The next messages: all there are, up to a size. */
  function next(): readonly Delivered[] {
    let size = 0
    const end = waiting.findIndex(({ payload }, index) => (size += payload.length) > mostBytes && index > 0)
    const messages = waiting.splice(0, end === -1 ? waiting.length : end)
    bytes = waiting.reduce((sum, { payload }) => sum + payload.length, 0)
    return messages
  }

  try {
    const { reasonCode = 0, sessionPresent } = await answer<IConnackPacket>('connack', () =>
      send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 5,
        clientId: id,
        clean: false,
        keepalive,
        properties: { sessionExpiryInterval: expiry, receiveMaximum: window },
      }),
    )
    if (reasonCode !== 0) throw new Refused('the broker refused the connection', reasonCode)
    const { granted } = await answer<ISubackPacket>('suback', () =>
      send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] }),
    )
    const [first = 0] = granted as readonly number[]
    if (first >= 128) throw new Refused(`the broker refused ${topic}`, first)
    events.subscribed(sessionPresent)
    while (!over.signal.aborted) {
      const messages = next()
      if (messages.length === 0) {
        await new Promise<void>(resolve => {
          wake = resolve
          if (over.signal.aborted || waiting.length > 0) resolve()
        })
        continue
      }
      await events.take(messages, over.signal)
      for (const { id: messageId } of messages) send({ cmd: 'puback', messageId })
      if (bytes <= mostBytes && socket.isPaused()) {
        heard = performance.now()
        socket.resume()
      }
    }
    if (failure !== undefined) throw failure
    send({ cmd: 'disconnect', reasonCode: 0 })
    await Promise.race([new Promise<void>(done => socket.end(done)), sleep(1000, undefined, { ref: false })])
  } catch (error) {
    // Why the connection ended says more than that something was left unfinished for it.
    throw failure ?? error
  } finally {
    ends.removeEventListener('abort', leave)
    clearInterval(alive)
    over.abort()
    socket.destroy()
  }
}
