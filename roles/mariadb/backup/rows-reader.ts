import type { Looked, PartReader } from '../../../engine/backup/index.ts'
import { copyMagic, CopyReader } from './copy-reader.ts'
import { DumpReader } from './dump-reader.ts'

/** Reads rows as they were taken: a dump, or a copy of the server's files, by what they begin with. */
export class RowsReader implements PartReader {
  #first: Uint8Array = new Uint8Array()
  #as: PartReader | undefined

  push(piece: Uint8Array): void {
    if (this.#as) return this.#as.push(piece)
    this.#first = Buffer.concat([this.#first, piece])
    if (this.#first.length >= copyMagic.length) this.#begins()
  }

  end(): Looked {
    return (this.#as ?? this.#begins()).end()
  }

  #begins(): PartReader {
    const isCopy = Buffer.from(this.#first.subarray(0, copyMagic.length)).toString('latin1') === copyMagic
    this.#as = isCopy ? new CopyReader() : new DumpReader()
    this.#as.push(this.#first)
    return this.#as
  }
}
