import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { generate, parser as newParser, type IConnectPacket, type IPublishPacket, type ISubscribePacket, type Packet } from 'mqtt-packet'
import type { Policy } from '../../../roles/producer-policy.ts'
import { allows, type Act } from '../../unit/stacks/data-plane.ts'

/** A certificate as AWS has it. */
export interface Registered {
  active: boolean
  /** Is the policy attached to it? */
  policy: boolean
  /** Things it is attached to. */
  things: readonly string[]
}

interface Live {
  readonly socket: TLSSocket
  readonly version: number
  readonly fingerprint: string
  readonly clientId: string
  readonly filters: Set<string>
  /** When its last messages came, in milliseconds. */
  times: number[]
}

/** AWS's limits for one connection. */
const mostMessages = 100
const mostBytes = 128 * 1024
/** MQTT 5's words. */
const notAuthorized = 0x87
const takenOver = 0x8e
const tooLarge = 0x95

/**
 * A test's stand-in for the data plane of AWS IoT: MQTT 3.1.1 and 5 over TLS with client certificates of one CA. It evaluates a policy as
 * it was written, with its variables, and has AWS's limits: one connection of a name, which takes the place of the one before; 100 messages a
 * second of a connection, what is above is thrown away without a word; 128 KiB a message. Only what the tests need of a broker is here:
 * no retained messages, no sessions that outlive a connection, QoS 0 and 1.
 */
export class DataPlane {
  readonly policy: Policy
  /** Certificates by SHA-256 in hexadecimal; one that is not here was never made, or is deleted. */
  readonly certificates = new Map<string, Registered>()
  readonly received: { readonly topic: string; readonly payload: string; readonly by: string }[] = []
  /** Messages that were above the limit of their connection. */
  discarded = 0
  readonly #server: Server
  readonly #live = new Map<string, Live>()

  private constructor(server: Server, policy: Policy) {
    this.#server = server
    this.policy = policy
  }

  /** @param at where it listens; absent: any port on loopback */
  static async start(
    policy: Policy,
    tls: { readonly key: string; readonly cert: string; readonly ca: string },
    at: { readonly address: string; readonly port: number } = { address: '127.0.0.1', port: 0 },
  ): Promise<DataPlane> {
    const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true })
    const plane = new DataPlane(server, policy)
    server.on('secureConnection', socket => plane.#serve(socket))
    server.on('tlsClientError', () => {})
    server.listen(at.port, at.address)
    await once(server, 'listening')
    return plane
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Shuts a certificate out, and ends its live session. */
  deactivate(fingerprint: string): void {
    const has = this.certificates.get(fingerprint)
    if (has) has.active = false
    for (const live of this.#live.values()) if (live.fingerprint === fingerprint) live.socket.destroy()
  }

  async end(): Promise<void> {
    for (const { socket } of this.#live.values()) socket.destroy()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #serve(socket: TLSSocket): void {
    const fingerprint = socket.getPeerCertificate().fingerprint256?.replaceAll(':', '').toLowerCase() ?? ''
    let live: Live | undefined
    const parser = newParser()
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => void parser.parse(data))
    socket.on('close', () => {
      if (live && this.#live.get(live.clientId) === live) this.#live.delete(live.clientId)
    })
    parser.on('error', () => socket.destroy())
    parser.on('packet', packet => {
      if (packet.cmd === 'connect') live = this.#connect(packet, socket, fingerprint)
      else if (!live) socket.destroy()
      else if (packet.cmd === 'publish') this.#publish(packet, live)
      else if (packet.cmd === 'subscribe') this.#subscribe(packet, live)
      else if (packet.cmd === 'pingreq') send(live, { cmd: 'pingresp' })
      else if (packet.cmd === 'disconnect') socket.end()
    })
  }

  #allows({ fingerprint, clientId }: Pick<Live, 'fingerprint' | 'clientId'>, act: Act): boolean {
    const { active, policy, things } = this.certificates.get(fingerprint) ?? { active: false, policy: false, things: [] }
    return active && policy && allows(this.policy, { attached: things, clientId }, act)
  }

  #connect({ clientId, protocolVersion: version = 4 }: IConnectPacket, socket: TLSSocket, fingerprint: string): Live | undefined {
    const live: Live = { socket, version, fingerprint, clientId, filters: new Set(), times: [] }
    if (!this.#allows(live, { action: 'iot:Connect', on: `client/${clientId}` })) {
      send(live, { cmd: 'connack', sessionPresent: false, ...(version === 5 ? { reasonCode: notAuthorized } : { returnCode: 5 }) })
      socket.end()
      return undefined
    }
    const before = this.#live.get(clientId)
    if (before) ends(before, takenOver)
    this.#live.set(clientId, live)
    send(live, { cmd: 'connack', sessionPresent: false, ...(version === 5 ? { reasonCode: 0 } : { returnCode: 0 }) })
    return live
  }

  #publish({ topic, payload, qos, messageId }: IPublishPacket, live: Live): void {
    const now = performance.now()
    live.times = [...live.times.filter(time => time > now - 1000), now]
    if (live.times.length > mostMessages) {
      this.discarded++
      return
    }
    if (payload.length > mostBytes) return ends(live, tooLarge)
    const allowed = this.#allows(live, { action: 'iot:Publish', on: `topic/${topic}` })
    if (!allowed && (live.version !== 5 || qos === 0)) return ends(live, notAuthorized)
    if (allowed) {
      this.received.push({ topic, payload: payload.toString(), by: live.fingerprint })
      for (const other of this.#live.values())
        if (
          [...other.filters].some(filter => covers(filter, topic)) &&
          this.#allows(other, { action: 'iot:Receive', on: `topic/${topic}` })
        )
          send(other, { cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false })
    }
    if (qos === 1 && messageId !== undefined)
      send(live, { cmd: 'puback', messageId, ...(live.version === 5 && { reasonCode: allowed ? 0 : notAuthorized }) })
  }

  #subscribe({ subscriptions, messageId = 0 }: ISubscribePacket, live: Live): void {
    const granted = subscriptions.map(({ topic }) => {
      const allowed = this.#allows(live, { action: 'iot:Subscribe', on: `topicfilter/${topic}` })
      if (allowed) live.filters.add(topic)
      return allowed ? 0 : live.version === 5 ? notAuthorized : 0x80
    })
    send(live, { cmd: 'suback', messageId, granted })
  }
}

function send({ socket, version }: Pick<Live, 'socket' | 'version'>, packet: Packet): void {
  if (socket.writable) socket.write(generate(packet, { protocolVersion: version }))
}

function ends(live: Live, reasonCode: number): void {
  if (live.version === 5) send(live, { cmd: 'disconnect', reasonCode })
  live.socket.end()
}

/** MQTT's wildcards. */
function covers(filter: string, topic: string): boolean {
  const levels = topic.split('/')
  const wanted = filter.split('/')
  return (
    wanted.every((level, at) => level === '#' || (at < levels.length && (level === '+' || level === levels[at]))) &&
    (wanted.at(-1) === '#' || wanted.length === levels.length)
  )
}
