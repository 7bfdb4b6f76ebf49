import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { withoutPasswords } from './hidden.ts'
import { didYouMean } from './nearest.ts'
import type { Problem } from './problem.ts'
import type { Position } from './types.ts'

/** Keys and indexes that lead to a value in a YAML file. */
export type Path = readonly PropertyKey[]

interface Found {
  /** Of the key; of the entry itself in a list. */
  readonly key: number
  readonly value: number
}

/** A YAML text that knows where each of its keys and values stands. */
export class Source {
  readonly file: string
  readonly problems: readonly Problem[]
  /** False when the syntax is broken, so that nothing can be said about the content. */
  readonly readable: boolean
  readonly #document: Document
  readonly #counter = new LineCounter()
  readonly #index = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()
  readonly #text: string

  constructor(text: string, file: string) {
    this.file = file
    this.#text = text
    this.#document = parseDocument(text, {
      lineCounter: this.#counter,
      prettyErrors: false,
      merge: true,
      // As they are written: to YAML 7 and "7" differ, to whoever reads the file they do not. `<<` may come more than once.
      uniqueKeys: (one, other) => isScalar(one) && isScalar(other) && written(one) === written(other) && written(one) !== '<<',
    })
    this.#keepNames()
    const { errors } = this.#document
    const anchors = this.#unknownAnchors()
    this.problems = [
      ...errors.map(error =>
        error.code === 'DUPLICATE_KEY' ? this.#duplicate(error.pos[0]) : this.#problem(error.pos[0], syntaxMessage(error.message)),
      ),
      ...anchors,
    ]
    this.readable = anchors.length === 0 && errors.every(error => error.code === 'DUPLICATE_KEY')
  }

  /** The content as plain data; null when there is none. */
  data(): unknown {
    // A fleet may use one anchor on each of its hosts; what grows out of hand is still refused by the library.
    return this.#document.toJS({ maxAliasCount: 100_000 }) as unknown
  }

  /** Is there something at exactly this path? */
  has(path: Path): boolean {
    return this.#find(path) !== undefined
  }

  /** A problem with the key at `path`, or with the nearest one above it that is in the file. */
  atKey(path: Path, message: string, hint?: string): Problem {
    return this.#problem(this.#nearest(path).key, message, hint)
  }

  /** A problem with the value at `path`, or with the nearest key above it that is in the file. */
  atValue(path: Path, message: string, hint?: string): Problem {
    const found = this.#find(path)
    return this.#problem(found ? found.value : this.#nearest(path).key, message, hint)
  }

  /** Where the key at `path` stands, or the nearest one above it that is in the file. */
  keyPosition(path: Path): Position {
    return this.#position(this.#nearest(path).key)
  }

  // A name is what is written: 007 and 1e3 are no numbers here.
  #keepNames(): void {
    visit(this.#document, {
      Pair: (_, pair) => {
        if (isScalar(pair.key) && typeof pair.key.value !== 'string' && !isAlias(pair.key) && written(pair.key) !== '<<')
          pair.key.value = written(pair.key)
      },
    })
  }

  #unknownAnchors(): Problem[] {
    const problems: Problem[] = []
    const known: string[] = []
    visit(this.#document, {
      Node: (_, node) => {
        if (isAlias(node)) {
          if (!known.includes(node.source))
            problems.push(
              this.#problem(node.range?.[0] ?? 0, `there is no anchor "&${node.source}" above it`, didYouMean(node.source, known)),
            )
        } else if (node.anchor) known.push(node.anchor)
      },
    })
    return problems
  }

  #position(offset: number): Position {
    const { line, col } = this.#counter.linePos(Math.min(offset, this.#text.length))
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }

  #problem(offset: number, message: string, hint?: string): Problem {
    const position = this.#position(offset)
    const lines = this.#text.split('\n', position.line)
    const source = withoutPasswords((lines.pop() ?? '').replace(/\r$/, ''), lines)
    return { position, message, source, ...(hint !== undefined && { hint }) }
  }

  #nearest(path: Path): Found {
    for (let length = path.length; length > 0; length--) {
      const found = this.#find(path.slice(0, length))
      if (found) return found
    }
    const start = this.#document.contents?.range?.[0] ?? 0
    return { key: start, value: start }
  }

  #find(path: Path): Found | undefined {
    let node: Node | null = this.#document.contents
    let key = node?.range?.[0] ?? 0
    for (const step of path) {
      const here: unknown = isAlias(node) ? node.resolve(this.#document) : node
      if (isMap(here)) {
        const pair = this.#pairs(here).get(String(step))
        if (!pair || !isNode(pair.key)) return undefined
        key = pair.key.range?.[0] ?? key
        node = isNode(pair.value) ? pair.value : null
      } else if (isSeq(here)) {
        const item = here.items[Number(step)]
        if (!isNode(item)) return undefined
        key = item.range?.[0] ?? key
        node = item
      } else {
        return undefined
      }
    }
    const range = node?.range
    // `address:` with nothing behind it: the caret belongs under the key.
    return { key, value: range && range[1] > range[0] ? range[0] : key }
  }

  #pairs(map: YAMLMap): ReadonlyMap<string, Pair> {
    let pairs = this.#index.get(map)
    if (!pairs) {
      pairs = new Map(map.items.flatMap(pair => (isScalar(pair.key) ? [[written(pair.key), pair] as const] : [])))
      this.#index.set(map, pairs)
    }
    return pairs
  }

  #duplicate(offset: number): Problem {
    let name = ''
    let container = ''
    let first = offset
    visit(this.#document, {
      Map: (_, map, parents) => {
        const again = map.items.find(pair => isNode(pair.key) && pair.key.range?.[0] === offset)
        if (!again || !isScalar(again.key)) return undefined
        name = written(again.key)
        const earlier = map.items.find(pair => isScalar(pair.key) && written(pair.key) === name)
        if (earlier && isNode(earlier.key)) first = earlier.key.range?.[0] ?? offset
        const parent = parents.at(-1)
        if (parents.length <= 3 && isPair(parent) && isScalar(parent.key)) container = written(parent.key)
        return visit.BREAK
      },
    })
    const what = container === 'hosts' ? 'host' : container === 'groups' ? 'group' : 'key'
    return this.#problem(offset, `${what} "${name}" is here twice`, `the first one is on line ${this.#position(first).line}`)
  }
}

/** A key as it stands in the file, without its quotation marks. */
function written(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}

// The library's sentences begin with a capital and some end with a colon meant for the excerpt it would print.
function syntaxMessage(message: string): string {
  if (message.startsWith('Source contains multiple documents'))
    return 'a second document begins here: an inventory is one, and another fleet a file of its own'
  const text = message.replace(/[:.]\s*$/, '')
  return `not valid YAML: ${text.charAt(0).toLowerCase()}${text.slice(1)}`
}
