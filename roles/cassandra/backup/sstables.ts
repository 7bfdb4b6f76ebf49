import type { Looked, PartReader } from '../../../engine/backup/index.ts'
import { crc32 } from '../../crc32.ts'
import { TarReader } from './tar.ts'

/** What is known of one SSTable: its components, the sum of its data, and the sum that the server wrote for it. */
interface Seen {
  readonly components: Set<string>
  sum?: number
  digest?: string
  toc?: string
}

/** What an SSTable cannot be read without; its index has one of two names, by its format. */
const least = ['Data.db', 'Digest.crc32', 'Statistics.db'] as const
const indexes = ['Index.db', 'Partitions.db'] as const

/** A component without which it is no SSTable, where one is missing. */
const leastOf = (components: ReadonlySet<string>): string | undefined =>
  least.find(each => !components.has(each)) ?? (indexes.some(each => components.has(each)) ? undefined : indexes[0])

/**
 * Reads an archive of SSTables. Each has all the components that its table of contents names, and data with the very CRC-32 that the server
 * wrote beside it. One that came whole from another node has no table of contents: of its components those must be there that each has.
 */
export class SstablesReader implements PartReader {
  readonly #tar = new TarReader({ begins: name => this.#begins(name), piece: piece => this.#piece(piece), ends: () => this.#ends() })
  readonly #seen = new Map<string, Seen>()
  readonly #tables = new Map<string, { sstables: number; bytes: number }>()
  #at: { readonly sstable: string; readonly component: string } = { sstable: '', component: '' }
  #sum = 0
  #bytes = 0
  #text: Buffer[] = []

  push(piece: Uint8Array): void {
    this.#tar.push(piece)
  }

  end(): Looked {
    this.#tar.end()
    for (const [name, { components, sum, digest, toc }] of this.#seen) {
      const lacks = toc === undefined ? leastOf(components) : toc.split(/\s+/).find(each => each !== '' && !components.has(each))
      if (lacks !== undefined) throw new Error(`${name} lacks its ${lacks}`)
      if (digest !== undefined && sum !== Number(digest)) throw new Error(`${name} has other data than the server wrote`)
    }
    return {
      figures: Object.fromEntries(
        [...this.#tables].flatMap(([table, { sstables, bytes }]) => [
          [`${table} SSTables`, sstables],
          [`${table} bytes`, bytes],
        ]),
      ),
    }
  }

  #begins(path: string): void {
    const [, folder = '', sstable = '', component = ''] = /^\.\/(\w+\/\w+)\/(\w+-[\w]+-\w+)-([\w.]+)$/.exec(path) ?? []
    if (component === '') throw new Error(`${path} in the archive is no part of an SSTable`)
    this.#at = { sstable: `${folder}/${sstable}`, component }
    this.#sum = 0
    this.#bytes = 0
    this.#text = []
  }

  #piece(piece: Uint8Array): void {
    this.#bytes += piece.length
    if (this.#at.component === 'Data.db') this.#sum = crc32(piece, this.#sum)
    else if (this.#at.component === 'TOC.txt' || this.#at.component === 'Digest.crc32') this.#text.push(Buffer.from(piece))
  }

  #ends(): void {
    const { sstable, component } = this.#at
    const seen = this.#seen.get(sstable) ?? { components: new Set() }
    this.#seen.set(sstable, seen)
    seen.components.add(component)
    const text = Buffer.concat(this.#text).toString()
    if (component === 'TOC.txt') seen.toc = text
    if (component === 'Digest.crc32') seen.digest = text.trim()
    if (component !== 'Data.db') return
    seen.sum = this.#sum
    const table = sstable.slice(0, sstable.lastIndexOf('/')).replace('/', '.')
    const of = this.#tables.get(table) ?? { sstables: 0, bytes: 0 }
    this.#tables.set(table, { sstables: of.sstables + 1, bytes: of.bytes + this.#bytes })
  }
}
