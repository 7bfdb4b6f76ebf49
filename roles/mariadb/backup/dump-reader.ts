import type { Looked, PartReader } from '../../../engine/backup/index.ts'

/** What a dump ends with: one that was cut anywhere does not. */
const completed = '-- Dump completed'
/** Longer than any name; what a row holds beyond it does not matter here. */
const mostOfLine = 512

/**
 * Reads a dump of the server's own program: tables by `made`, rows by table. A row is a line, for what text has of line ends is written as
 * `\n`.
 */
export class DumpReader implements PartReader {
  readonly #figures: Record<string, number> = {}
  #line = ''
  #database = ''
  #table = ''
  #last = ''

  push(piece: Uint8Array): void {
    // Byte by byte: no letter is cut in two where a piece ends.
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1')
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#read(this.#line + text.slice(from, Math.min(end, from + mostOfLine)))
      this.#line = ''
      from = end + 1
    }
    if (this.#line.length < mostOfLine) this.#line += text.slice(from, from + mostOfLine)
  }

  end(): Looked {
    if (this.#line !== '') this.#read(this.#line)
    if (!this.#last.startsWith(completed)) throw new Error('the dump is cut off: it does not say that it is complete')
    return { figures: this.#figures }
  }

  #read(line: string): void {
    if (line.startsWith('(')) this.#count(this.#table)
    else if (line.startsWith('INSERT ')) this.#table = `${this.#database}.${named(line)} rows`
    else if (line.startsWith('CREATE TABLE ')) this.#count('tables')
    else if (line.startsWith('USE ')) this.#database = named(line)
    if (line.trim() !== '') this.#last = line
  }

  #count(what: string): void {
    if (what === '') throw new Error('the dump has rows of no table')
    this.#figures[what] = (this.#figures[what] ?? 0) + 1
  }
}

const named = (line: string) => Buffer.from(/`((?:[^`]|``)+)`/.exec(line)?.[1] ?? '', 'latin1').toString()
