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
  #planned = false

  /** @param leave sends a piece, and says when the system has it */
  constructor(leave: (content: Uint8Array, written: (error?: Error | null) => void) => void) {
    this.#leave = leave
  }

  /** `written`: the system has taken it. */
  put(packet: Packet, written?: () => void): void {
    // The library asks for no more of a stream than this.
    writeToStream(packet, this as unknown as NodeJS.WritableStream, version)
    if (written) this.#written.push(written)
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
