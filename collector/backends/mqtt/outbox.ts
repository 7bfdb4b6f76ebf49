import { writeToStream, type Packet } from 'mqtt-packet'

// Else the library makes and keeps 65,536 small buffers, some MiB of a Pi's memory.
writeToStream.cacheNumbers = false

const version = { protocolVersion: 5 }
/** Bytes that are made room for at first. */
const usual = 16 * 1024

/**
 * Packets on their way out. Those of one turn of the event loop leave in one piece: one record of TLS and one call of the system for all of
 * them, not several for each.
 */
export class Outbox {
  readonly #leave: (content: Uint8Array, written: (error?: Error | null) => void) => void
  #content = Buffer.alloc(0)
  #used = 0
  #written: (() => void)[] = []
  #topic = ''
  /** The topic as it is in each message. */
  #head = headOf('')
  #lengthBytes = 1
  #planned = false

  /** @param leave sends a piece, and says when the system has it */
  constructor(leave: (content: Uint8Array, written: (error?: Error | null) => void) => void) {
    this.#leave = leave
  }

  put(packet: Packet): void {
    // The library asks for no more of a stream than this.
    writeToStream(packet, this as unknown as NodeJS.WritableStream, version)
    this.#plan()
  }

  /**
   * A message with nothing but its text, as the library makes it: by far most of what is sent, and the library's way costs several times as
   * much. `number`: absent with QoS 0.
   */
  message(topic: string, payload: string, number?: number): void {
    if (topic !== this.#topic) [this.#topic, this.#head] = [topic, headOf(topic)]
    const head = this.#head
    // Three bytes a character at most, and five before them, two for the number, one for no properties.
    this.#room(head.length + 3 * payload.length + 8)
    const content = this.#content
    // The length is known behind it: a place for it first, as long as it was last time.
    const begin = this.#used
    let body = begin + 1 + this.#lengthBytes
    let end = this.#body(body, payload, number)
    const bytes = lengthBytes(end - body)
    if (bytes !== this.#lengthBytes) {
      this.#lengthBytes = bytes
      body = begin + 1 + bytes
      end = this.#body(body, payload, number)
    }
    content[begin] = number === undefined ? 0x30 : 0x32
    let rest = end - body
    for (let at = begin + 1; at < body; at++, rest >>= 7) content[at] = (rest & 0x7f) | (at + 1 < body ? 0x80 : 0)
    this.#used = end
    this.#plan()
  }

  /** `heard` is called when the system has taken all there is now. */
  onceWritten(heard: () => void): void {
    this.#written.push(heard)
  }

  /** Writes all of a message but its first bytes; where it ends. */
  #body(begin: number, payload: string, number: number | undefined): number {
    const content = this.#content
    content.set(this.#head, begin)
    let at = begin + this.#head.length
    if (number !== undefined) {
      content[at++] = number >> 8
      content[at++] = number & 0xff
    }
    content[at++] = 0
    return at + content.write(payload, at)
  }

  #plan(): void {
    if (this.#planned) return
    this.#planned = true
    setImmediate(() => this.flush())
  }

  /** Sends what there is now. */
  flush(): void {
    this.#planned = false
    if (this.#used === 0) return
    const content = this.#content.subarray(0, this.#used)
    const heard = this.#written
    // The socket has the piece until it is sent.
    this.#content = Buffer.alloc(0)
    this.#used = 0
    this.#written = []
    this.#leave(content, error => {
      if (!error) for (const each of heard) each()
    })
  }

  /** For the library: a part of a packet. */
  write(part: Uint8Array | string): boolean {
    // Three bytes a character at most.
    this.#room(typeof part === 'string' ? part.length * 3 : part.length)
    if (typeof part === 'string') this.#used += this.#content.write(part, this.#used)
    else {
      this.#content.set(part, this.#used)
      this.#used += part.length
    }
    return true
  }

  /** For the library: no packet can be made of it. */
  destroy(error: Error): void {
    throw error
  }

  #room(bytes: number): void {
    if (this.#used + bytes <= this.#content.length) return
    const larger = Buffer.allocUnsafe(Math.max(usual, 2 * (this.#used + bytes)))
    larger.set(this.#content.subarray(0, this.#used))
    this.#content = larger
  }
}

/** Length and text. @throws where it is no topic */
function headOf(topic: string): Buffer {
  const head = Buffer.from(`__${topic}`)
  head.writeUInt16BE(head.length - 2)
  return head
}

/** How many bytes tell a length. */
const lengthBytes = (length: number): number => (length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : 4)
