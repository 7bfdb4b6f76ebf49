import type { Looked, PartReader } from '../../../engine/backup/index.ts'
import { crc32 } from '../../crc32.ts'

/** What each chunk of a copy begins with. */
export const copyMagic = 'XBSTCK01'

const kinds = { payload: 'P', end: 'E', renamed: 'R', removed: 'D' } as const
/** Beginning, flags, kind, length of the path. */
const headLength = 14
/** Length of what follows, its place in its file, its sum. */
const payloadLength = 20
const longestPath = 4096
/** Written last: what says how the copy went. Its name since 11.1, and before. */
const lastFiles = ['mariadb_backup_info', 'xtrabackup_info']

/**
 * Reads a copy of the server's files as `mariadb-backup --stream=mbstream` gives it: every chunk has the CRC-32 it was written with, every file
 * its end, and the copy the files that are written last. Figures are bytes by table.
 */
export class CopyReader implements PartReader {
  readonly #bytes = new Map<string, number>()
  readonly #open = new Set<string>()
  #held: Buffer = Buffer.alloc(0)
  #at: { readonly path: string; left: number; sum: number; readonly wanted: number } | undefined

  push(piece: Uint8Array): void {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    while (rest.length > 0) {
      if (this.#at) {
        const part = rest.subarray(0, this.#at.left)
        rest = rest.subarray(part.length)
        this.#payload(part)
        continue
      }
      this.#held = Buffer.concat([this.#held, rest.subarray(0, headLength + 2 * longestPath + payloadLength)])
      const before = this.#held.length - Math.min(rest.length, headLength + 2 * longestPath + payloadLength)
      const taken = this.#head(this.#held)
      if (taken === 0) {
        rest = rest.subarray(this.#held.length - before)
        continue
      }
      rest = rest.subarray(taken - before)
      this.#held = Buffer.alloc(0)
    }
  }

  end(): Looked {
    if (this.#held.length > 0 || this.#at) throw new Error('the copy is cut off')
    const [unended] = this.#open
    if (unended !== undefined) throw new Error(`the copy is cut off: ${unended} has no end`)
    if (!lastFiles.some(name => this.#bytes.has(name))) throw new Error('the copy is cut off: it does not say how it went')
    // `new`: a table that was made so lately that the log at the beginning of the copy knows of it.
    const tables = [...this.#bytes].filter(([path]) => /^(?!mysql\/|sys\/)[^/]+\/[^/]+\.(ibd|new|MYD|MAD)$/.test(path))
    return {
      figures: Object.fromEntries(tables.map(([path, bytes]) => [`${path.replace(/\.\w+$/, '').replace('/', '.')} bytes`, bytes]).sort()),
    }
  }

  /** Takes the head of a chunk. @returns its length; 0 where more of it has to come */
  #head(bytes: Buffer): number {
    if (bytes.length < headLength) return 0
    if (bytes.toString('latin1', 0, 8) !== copyMagic) throw new Error('the copy is damaged: a chunk does not begin where it should')
    const kind = String.fromCharCode(bytes[9] ?? 0)
    const path = pathAt(bytes, 10)
    if (!path) return 0
    switch (kind) {
      case kinds.end:
        this.#open.delete(path.text)
        // An empty file has an end alone.
        this.#bytes.set(path.text, this.#bytes.get(path.text) ?? 0)
        return path.end
      case kinds.removed:
        this.#open.delete(path.text)
        this.#bytes.delete(path.text)
        return path.end
      case kinds.renamed: {
        const to = pathAt(bytes, path.end)
        if (!to) return 0
        this.#bytes.set(to.text, this.#bytes.get(path.text) ?? 0)
        this.#bytes.delete(path.text)
        return to.end
      }
      case kinds.payload: {
        if (bytes.length < path.end + payloadLength) return 0
        const left = Number(bytes.readBigUInt64LE(path.end))
        this.#open.add(path.text)
        this.#bytes.set(path.text, (this.#bytes.get(path.text) ?? 0) + left)
        this.#at = { path: path.text, left, sum: 0, wanted: bytes.readUInt32LE(path.end + 16) }
        if (left === 0) this.#payload(Buffer.alloc(0))
        return path.end + payloadLength
      }
      default:
        throw new Error(`the copy is damaged: no chunk is of the kind ${JSON.stringify(kind)}`)
    }
  }

  #payload(part: Buffer): void {
    if (!this.#at) return
    this.#at.sum = crc32(part, this.#at.sum)
    this.#at.left -= part.length
    if (this.#at.left > 0) return
    if (this.#at.sum !== this.#at.wanted) throw new Error(`the copy is damaged: ${this.#at.path} has other bytes than were read`)
    this.#at = undefined
  }
}

function pathAt(bytes: Buffer, at: number): { readonly text: string; readonly end: number } | undefined {
  if (bytes.length < at + 4) return undefined
  const length = bytes.readUInt32LE(at)
  if (length > longestPath) throw new Error('the copy is damaged: a path is longer than any')
  if (bytes.length < at + 4 + length) return undefined
  return { text: bytes.toString('utf8', at + 4, at + 4 + length), end: at + 4 + length }
}
