import { StringDecoder } from 'node:string_decoder'

/**
 * Cuts one stream of the worker into what belongs to which command. Text between two marks goes to `text`;
 * a mark line (`\x1eNONCE …`) goes to `mark` without its prefix. Chunks may end anywhere, also inside a character.
 */
export class MarkSplitter {
  readonly #prefix: string
  readonly #text: (text: string) => void
  readonly #mark: (words: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(nonce: string, text: (text: string) => void, mark: (words: string) => void) {
    this.#prefix = `\n\x1e${nonce} `
    this.#text = text
    this.#mark = mark
  }

  push(chunk: Buffer): void {
    this.#rest += this.#decoder.write(chunk)
    for (;;) {
      const start = this.#rest.indexOf(this.#prefix)
      if (start < 0) break
      const end = this.#rest.indexOf('\n', start + this.#prefix.length)
      if (end < 0) {
        this.#emit(start)
        return
      }
      this.#emit(start)
      const words = this.#rest.slice(this.#prefix.length, end - start)
      this.#rest = this.#rest.slice(end - start + 1)
      this.#mark(words)
    }
    // Keep a tail that may be the beginning of a mark.
    const newline = this.#rest.lastIndexOf('\n')
    this.#emit(newline >= 0 && this.#prefix.startsWith(this.#rest.slice(newline)) ? newline : this.#rest.length)
  }

  #emit(length: number): void {
    if (length === 0) return
    this.#text(this.#rest.slice(0, length))
    this.#rest = this.#rest.slice(length)
  }
}
