import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { generate, parser as newParser, type IPublishPacket, type Packet } from 'mqtt-packet'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { takeAcks } from '../../../collector/backends/mqtt/acks.ts'
import { credentialsOf } from '../../../collector/backends/mqtt/credentials.ts'
import { openLink } from '../../../collector/backends/mqtt/link.ts'
import { Outbox } from '../../../collector/backends/mqtt/outbox.ts'
import { openSession } from '../../../collector/backends/mqtt/session.ts'
import { Certificates } from '../../engines/collector-support/certificates.ts'

const version = { protocolVersion: 5 }
const message = (payload: string, messageId?: number): IPublishPacket => ({
  cmd: 'publish',
  topic: 'temperature/Küche/reading',
  payload,
  qos: messageId === undefined ? 0 : 1,
  dup: false,
  retain: false,
  ...(messageId !== undefined && { messageId }),
})

describe('what goes out', () => {
  test('packets of one turn leave in one piece, as the library makes each of them; those of the next turn in another', async () => {
    const pieces: Buffer[] = []
    const outbox = new Outbox(piece => void pieces.push(Buffer.from(piece)))
    const first = Array.from({ length: 700 }, (_, index) => message('°'.repeat(index % 300), index % 2 === 0 ? undefined : index))
    for (const packet of first) outbox.put(packet)
    expect(pieces).toEqual([])
    await sleep(5)
    outbox.put(message('later', 65_535))
    await sleep(5)
    expect(pieces).toEqual([Buffer.concat(first.map(packet => generate(packet, version))), generate(message('later', 65_535), version)])
  })

  test('says what the system has taken, and not what it has not', async () => {
    const taken: ((error?: Error | null) => void)[] = []
    const outbox = new Outbox((_piece, written) => void taken.push(written))
    const said: string[] = []
    outbox.put(message('a'))
    outbox.onceWritten(() => said.push('a'))
    outbox.flush()
    outbox.put(message('b'))
    outbox.onceWritten(() => said.push('b'))
    await sleep(5)
    expect(said).toEqual([])
    taken[1]?.(new Error('gone'))
    taken[0]?.(null)
    expect(said).toEqual(['a'])
  })

  test('a message is what the library makes of it, whatever its length, its letters and its number', async () => {
    const pieces: Buffer[] = []
    const outbox = new Outbox(piece => void pieces.push(Buffer.from(piece)))
    const lengths = [...Array.from({ length: 300 }, (_, length) => length), 16_000, 16_350, 16_384, 17_000, 2 ** 21, 5, 0]
    const numbers = [undefined, 1, 255, 256, 65_535]
    const all = lengths.flatMap(length =>
      ['x', '°', '🌡'].flatMap(letter => {
        const number = numbers[(length + letter.length) % numbers.length]
        return [message(letter.repeat(length / letter.length), number)]
      }),
    )
    for (const { topic, payload, messageId } of all) outbox.message(topic, String(payload), messageId)
    outbox.flush()
    expect(Buffer.concat(pieces).equals(Buffer.concat(all.map(packet => generate(packet, version))))).toBe(true)
  })

  test('what cannot be made a packet is refused, and what follows it leaves whole', async () => {
    const pieces: Buffer[] = []
    const outbox = new Outbox(piece => void pieces.push(Buffer.from(piece)))
    expect(() => outbox.put({ ...message('x'), topic: undefined as unknown as string })).toThrow('Invalid topic')
    outbox.put(message('y'))
    await sleep(5)
    expect(pieces).toEqual([generate(message('y'), version)])
  })
})

test('answers are taken off the front of what came, up to what is none or not whole', () => {
  const acks: Packet[] = [
    { cmd: 'puback', messageId: 1, reasonCode: 0 },
    { cmd: 'puback', messageId: 65_535, reasonCode: 16 },
    { cmd: 'puback', messageId: 256, reasonCode: 135, properties: { reasonString: 'no'.repeat(40) } },
  ]
  const each = acks.map(packet => generate(packet, version))
  const whole = Buffer.concat(each)
  for (const behind of [Buffer.alloc(0), generate({ cmd: 'pingresp' }, version), Buffer.from([0x40]), whole.subarray(0, 3)]) {
    const heard: number[][] = []
    expect(takeAcks(Buffer.concat([whole, behind]), (...ack) => heard.push(ack))).toBe(whole.length)
    expect(heard).toEqual([
      [1, 0],
      [65_535, 16],
      [256, 135],
    ])
  }
  const long = generate({ cmd: 'puback', messageId: 7, reasonCode: 135, properties: { reasonString: 'no'.repeat(100) } }, version)
  expect(takeAcks(long, () => {})).toBe(0)
})

describe('a broker that does as a test wants', () => {
  const directory = mkdtempSync(join(tmpdir(), 'session-'))
  let certificates: Certificates
  let server: Server | undefined

  beforeAll(async () => {
    certificates = await Certificates.make(directory, 'fleet')
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  afterEach(async () => {
    const closes = server && once(server, 'close')
    server?.close()
    await closes
    server = undefined
  })

  /** @param answers what it says to each packet */
  async function broker(answers: (packet: Packet, socket: TLSSocket) => readonly Packet[]) {
    const { key, cert } = Certificates.read(await certificates.of('broker', ['127.0.0.1']))
    server = createServer({ key, cert }, socket => {
      const parser = newParser(version)
      parser.on('packet', packet => {
        for (const answer of answers(packet, socket)) socket.write(generate(answer, version))
      })
      socket.on('data', data => void parser.parse(data)).on('error', () => {})
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const own = await certificates.of('p1', ['p1'])
    return credentialsOf({ hosts: ['127.0.0.1'], port, certificate: own, tls: { ca: certificates.ca } })
  }
  const lets = (properties: object = {}): Packet => ({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties })

  test('a message counts when its own number was answered, in whatever order; a refused one does not', async () => {
    const came: IPublishPacket[] = []
    const at = await broker(packet => {
      if (packet.cmd === 'connect') return [lets({ receiveMaximum: 7 })]
      if (packet.cmd !== 'publish') return []
      came.push(packet)
      if (came.length < 3) return []
      const [one, two, three] = came.map(({ messageId = 0 }) => messageId) as [number, number, number]
      return [
        { cmd: 'puback', messageId: three, reasonCode: 0 },
        { cmd: 'puback', messageId: one, reasonCode: 16 },
        { cmd: 'puback', messageId: two, reasonCode: 135 },
      ]
    })
    const session = await openSession(at, 'p1', 5000, true)
    expect(session.most).toBe(7)
    const sent = ['a', 'b', 'c'].map(payload => session.publish('t', [payload], 1))
    const told = await Promise.allSettled(sent)
    expect(told).toMatchObject([
      { status: 'rejected', reason: { reason: 16 } },
      { status: 'rejected', reason: { reason: 135 } },
      { status: 'fulfilled' },
    ])
    session.end()
    await expect(session.publish('t', ['d'], 1)).rejects.toThrow('ended here')
  })

  test('a broker that does not answer a message: the connection ends, and all that wait hear of it', async () => {
    const at = await broker(packet => (packet.cmd === 'connect' ? [lets()] : []))
    const session = await openSession(at, 'p1', 300)
    const told = await Promise.allSettled([session.publish('t', ['a'], 1), session.publish('t', ['b'], 1)])
    expect(told).toMatchObject([{ reason: { code: 'ETIMEDOUT' } }, { reason: { code: 'ETIMEDOUT' } }])
  })

  test('a goodbye with a reason, and one without a word', async () => {
    const at = await broker((packet, socket) => {
      if (packet.cmd === 'connect') return [lets()]
      if (packet.cmd !== 'publish') return []
      if (packet.payload.toString() === 'bye') return [{ cmd: 'disconnect', reasonCode: 142 }]
      socket.destroy()
      return []
    })
    await expect((await openSession(at, 'p1', 5000)).publish('t', ['bye'], 1)).rejects.toMatchObject({ reason: 142 })
    await expect((await openSession(at, 'p1', 5000)).publish('t', ['cut'], 1)).rejects.toMatchObject({
      code: expect.stringMatching(/^(CLOSED|ECONNRESET)$/) as unknown,
    })
  })

  test('a broker that does not let it in, or says nothing', async () => {
    const at = await broker(packet =>
      packet.cmd === 'connect' && packet.clientId === 'other' ? [{ ...lets(), reasonCode: 135 } as Packet] : [],
    )
    await expect(openSession(at, 'other', 5000)).rejects.toMatchObject({ reason: 135 })
    await expect(openSession(at, 'p1', 300)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    const ends = new AbortController()
    const opens = openLink({ credentials: at, login: { clientId: 'p1', clean: true }, timeout: 60_000, received() {}, ends: ends.signal })
    ends.abort()
    await expect(opens).rejects.toThrow('ended here')
  })

  test('a silent connection lives as long as the broker answers, at the pace the broker wants, and is over when it does not', async () => {
    let pings = 0
    const at = await broker(packet => {
      if (packet.cmd === 'connect') return [lets({ serverKeepAlive: 1 })]
      return packet.cmd === 'pingreq' && ++pings <= 3 ? [{ cmd: 'pingresp' }] : []
    })
    const began = performance.now()
    const { over } = await openLink({ credentials: at, login: { clientId: 'p1', clean: true }, timeout: 5000, received() {} })
    await once(over, 'abort')
    expect(over.reason).toMatchObject({ code: 'ETIMEDOUT' })
    expect(pings).toBe(4)
    expect(performance.now() - began).toBeGreaterThan(1300)
  })

  test('what only goes one way is asked for a sign of life too', async () => {
    let pings = 0
    const at = await broker(packet => {
      if (packet.cmd === 'connect') return [lets({ serverKeepAlive: 1 })]
      if (packet.cmd === 'pingreq') pings++
      return packet.cmd === 'pingreq' ? [{ cmd: 'pingresp' }] : []
    })
    const session = await openSession(at, 'p1', 5000)
    for (let index = 0; index < 10; index++) {
      await session.publish('t', [String(index)], 0)
      await sleep(100)
    }
    expect(pings).toBeGreaterThan(0)
    await session.publish('t', ['still there'], 0)
    session.end()
  })
})
