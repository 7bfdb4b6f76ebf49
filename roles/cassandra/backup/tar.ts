/** A file of an archive, told piece by piece. */
export interface TarSink {
  begins(name: string, bytes: number): void
  piece(piece: Uint8Array): void
  ends(): void
}

const block = 512

/** Takes the regular files out of an archive of GNU tar, as it passes. */
export class TarReader {
  readonly #to: TarSink
  #held = Buffer.alloc(0)
  /** Bytes of the file at hand that are to come, and those that only fill its last block. */
  #left = 0
  #fill = 0
  #longName: string | undefined
  #isName = false
  #name = ''
  /** Two blocks of zeros end an archive. */
  #zeros = 0

  constructor(to: TarSink) {
    this.#to = to
  }

  /** @throws Error where it is no archive */
  push(piece: Uint8Array): void {
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, piece]) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    for (;;) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left)
        if (part.length === 0) break
        this.#content(part)
        rest = rest.subarray(part.length)
      } else if (this.#fill > 0) {
        const skipped = Math.min(this.#fill, rest.length)
        if (skipped === 0) break
        this.#fill -= skipped
        rest = rest.subarray(skipped)
      } else {
        if (rest.length < block) break
        this.#header(rest.subarray(0, block))
        rest = rest.subarray(block)
      }
    }
    this.#held = Buffer.from(rest)
  }

  /** @throws Error where the archive has no end */
  end(): void {
    if (this.#left > 0 || this.#zeros < 2) throw new Error('the archive is cut off')
  }

  #content(part: Buffer): void {
    this.#left -= part.length
    if (this.#isName) {
      this.#name += part.toString()
      if (this.#left > 0) return
      this.#longName = this.#name.replace(/\0.*$/, '')
      return
    }
    this.#to.piece(part)
    if (this.#left === 0) this.#to.ends()
  }

  #header(header: Buffer): void {
    if (header.every(byte => byte === 0)) {
      this.#zeros++
      return
    }
    if (this.#zeros > 0 || header.subarray(257, 262).toString() !== 'ustar') throw new Error('it is no archive of tar')
    const sum = header.reduce((all, byte, index) => all + (index >= 148 && index < 156 ? 32 : byte), 0)
    if (sum !== octal(header.subarray(148, 156))) throw new Error('a header in the archive is damaged')
    const size = (header[124] ?? 0) & 0x80 ? Number(header.readBigUInt64BE(128)) : octal(header.subarray(124, 136))
    const kind = String.fromCharCode(header[156] ?? 0)
    this.#left = size
    this.#fill = (block - (size % block)) % block
    this.#isName = kind === 'L'
    if (this.#isName) {
      this.#name = ''
      return
    }
    const name = this.#longName ?? textOf(header.subarray(0, 100))
    this.#longName = undefined
    if (kind !== '0' && kind !== '\0') throw new Error(`${name} in the archive is no regular file`)
    this.#to.begins(name, size)
    if (size === 0) this.#to.ends()
  }
}

const textOf = (bytes: Buffer) => bytes.toString().replace(/\0.*$/s, '')
const octal = (bytes: Buffer) => Number.parseInt(textOf(bytes).trim() || '0', 8)
