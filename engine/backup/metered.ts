import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

/** A stream that counts what passes; `look` sees each piece. */
export class Metered extends Transform {
  #bytes = 0
  readonly #hash = createHash('sha256')
  readonly #look: (piece: Uint8Array) => void

  constructor(look: (piece: Uint8Array) => void = () => {}) {
    super()
    this.#look = look
  }

  override _transform(piece: Buffer, _: BufferEncoding, done: (error: Error | null, piece?: Buffer) => void): void {
    try {
      this.#bytes += piece.length
      this.#hash.update(piece)
      this.#look(piece)
      done(null, piece)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Bytes that passed. */
  get bytes(): number {
    return this.#bytes
  }

  /** Their SHA-256 in hexadecimal; asked for once, at the end. */
  sum(): string {
    return this.#hash.digest('hex')
  }
}
