import { connect as connectTls } from 'node:tls'
import type { IConnackPacket, IConnectPacket, Packet } from 'mqtt-packet'
import { takeAcks } from './acks.ts'
import type { BrokerCredentials } from './credentials.ts'
import { closedCode, Refused, silentCode } from './refused.ts'

export interface LinkOptions {
  readonly credentials: BrokerCredentials
  /** How it logs in. */
  readonly login: Pick<IConnectPacket, 'clientId' | 'clean' | 'properties'>
  /** Milliseconds that the broker may take to answer. */
  readonly timeout: number
  /** Hears of each packet but for the answers and the broker's goodbye. After `hold` the broker waits with what it would send. */
  received(packet: Packet, hold: () => void): void
  /** Hears of each message of QoS 1 that the broker has answered, by its number. */
  acknowledged?(number: number, reason: number): void
  /** Gives up a connection that is not accepted yet. */
  readonly ends?: AbortSignal
}

/** A connection that a broker has accepted. */
export interface Link {
  /** What it said then. */
  readonly welcome: IConnackPacket
  /** Aborts when the connection is over; its reason is why. */
  readonly over: AbortSignal
  /** Packets of one turn leave together. */
  send(packet: Packet): void
  /** A message; `number` with QoS 1. */
  publish(topic: string, payload: string, number?: number): void
  /** `heard` is called when the system has taken all that was sent. */
  onceWritten(heard: () => void): void
  /** Sends, and gives the answer of a kind. @throws what ended the connection, be it that none came in time */
  asks<Answer extends Packet>(packet: Packet, cmd: Answer['cmd']): Promise<Answer>
  /** The broker need not wait any more. */
  goOn(): void
  /** Says goodbye; resolves when it is sent, or cannot be. */
  leave(): Promise<void>
  /** Ends the connection at once. */
  end(error?: unknown): void
}

const coded = (code: string, message: string) => Object.assign(new Error(message), { code })

/** Seconds without a word after which the broker may take us for dead, where it does not want fewer. */
const keepalive = 30
/** Bytes of a record of TLS, at most. */
const room = 16 * 1024
/** Milliseconds that a goodbye may take. */
const goodbye = 1000

/**
 * Connects over TLS and logs in by certificate, in MQTT 5. The `mqtt` library's client does more than is wanted for each message (a store,
 * several writes of a few bytes), and acknowledges what comes one by one, so this speaks the protocol through the library's parser and
 * writer, which are loaded here: nobody pays for them who has no broker. It never connects again by itself. @throws what ended the connection
 */
export async function openLink({ credentials, login, timeout, received, acknowledged = () => {}, ends }: LinkOptions): Promise<Link> {
  const [{ parser: makeParser }, { Outbox }] = await Promise.all([import('mqtt-packet'), import('./outbox.ts')])
  const parser = makeParser({ protocolVersion: 5 })
  const ended = new AbortController()
  const over = ended.signal
  const answers = new Map<string, (packet: Packet) => void>()
  let alive: NodeJS.Timeout | undefined
  /** What passed since the last look, signs of life apart. */
  let passed = { in: false, out: false }
  /** Bytes of a packet that is not whole yet. */
  let begun = 0
  /** The broker was asked for a sign of life and has not said a word since. */
  let unanswered = false

  /** What came, in a buffer that is used again: of each record of TLS, for a broker answers each message with one of its own. */
  function came(count: number, buffer: Uint8Array): boolean {
    unanswered = false
    const data = buffer.subarray(0, count)
    const from = begun === 0 ? takeAcks(data, acknowledged) : 0
    if (from > 0) passed.in = true
    // The parser keeps what it gets.
    if (from < count) begun = parser.parse(Buffer.from(data.subarray(from)))
    return true
  }

  // What is small leaves at once: it was gathered before.
  const options = { ...credentials, onread: { buffer: Buffer.alloc(room), callback: came } }
  const socket = connectTls(options).setNoDelay(true)
  const outbox = new Outbox((content, written) => void socket.write(content, written))

  const hold = (): void => void socket.pause()

  function end(error: unknown = coded(closedCode, 'the connection was ended here')): void {
    if (over.aborted) return
    clearInterval(alive)
    ended.abort(error)
    socket.destroy()
  }

  function send(packet: Packet): void {
    if (over.aborted) return
    passed.out = true
    outbox.put(packet)
  }

  const asks = <Answer extends Packet>(packet: Packet, cmd: Answer['cmd']): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(limit)
        answers.delete(cmd)
        over.removeEventListener('abort', gone)
        done()
      }
      const gone = (): void => settle(() => reject(over.reason as Error))
      const limit = setTimeout(() => end(coded(silentCode, `no answer within ${timeout} ms`)), timeout)
      if (over.aborted) return gone()
      answers.set(cmd, answer => settle(() => resolve(answer as Answer)))
      over.addEventListener('abort', gone)
      send(packet)
    })

  /** Looks three times in what the broker waits for a word: where nothing went one of the ways it is asked for a sign of life. */
  function stayAlive(seconds: number): void {
    const pause = (seconds * 1000) / 3
    alive = setInterval(() => {
      // Where we ask it to wait, its word waits as well.
      if (unanswered && !socket.isPaused()) return end(coded(silentCode, `not a word within ${pause} ms`))
      const { in: came, out: went } = passed
      passed = { in: false, out: false }
      if (came && went) return
      unanswered = true
      outbox.put({ cmd: 'pingreq' })
    }, pause)
  }

  parser.on('packet', packet => {
    if (over.aborted || packet.cmd === 'pingresp') return
    passed.in = true
    const answer = answers.get(packet.cmd)
    if (answer) answer(packet)
    else if (packet.cmd === 'disconnect') end(new Refused('the broker ended the connection', packet.reasonCode ?? 0))
    else if (packet.cmd === 'puback') acknowledged(packet.messageId ?? 0, packet.reasonCode ?? 0)
    else received(packet, hold)
  })
  parser.on('error', end)
  socket.on('error', end).on('close', () => end(coded(closedCode, 'the broker closed the connection')))

  const giveUp = (): void => end()
  ends?.addEventListener('abort', giveUp)
  if (ends?.aborted) giveUp()
  const connects = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, keepalive, ...login } as const
  const welcome = await asks<IConnackPacket>(connects, 'connack').finally(() => ends?.removeEventListener('abort', giveUp))
  const { reasonCode = 0, properties } = welcome
  if (reasonCode !== 0) {
    const refusal = new Refused('the broker refused the connection', reasonCode)
    end(refusal)
    throw refusal
  }
  stayAlive(properties?.serverKeepAlive || keepalive)

  return {
    welcome,
    over,
    send,
    publish(topic, payload, number) {
      if (over.aborted) return
      passed.out = true
      outbox.message(topic, payload, number)
    },
    onceWritten: heard => outbox.onceWritten(heard),
    asks,
    goOn() {
      if (!socket.isPaused()) return
      unanswered = false
      socket.resume()
    },
    async leave() {
      if (over.aborted) return
      send({ cmd: 'disconnect', reasonCode: 0 })
      outbox.flush()
      await new Promise<void>(resolve => {
        const limit = setTimeout(resolve, goodbye)
        socket.end(() => {
          clearTimeout(limit)
          resolve()
        })
      })
      end()
    },
    end,
  }
}
