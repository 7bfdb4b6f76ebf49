import { createHash } from 'node:crypto'
import { basename, extname, join } from 'node:path'
import { cacheRoot } from '../artifacts/cache.ts'
import { bundle, recipe } from './bundle.ts'
import { known, note, prune, stamps, store } from './store.ts'

export interface Program {
  /** Absolute path of the one file. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

export interface ProgramOptions {
  /** Where programs are kept; `~/.cache/temperature-fleet/programs` by default. */
  readonly cache?: string
}

/** Two that want the same program at a time get one build. */
const underWay = new Map<string, Promise<Program>>()

/**
 * A TypeScript program with everything it imports as one file for Node.js 18 and later, any architecture. The file lies in a folder
 * that is named by its content, and bears the name of its entry. While no file that is in it has changed it is not made again: that costs a `stat` for each.
 * @param entry absolute path of the file that is started; it and what it imports at its top may not `await` there
 * @throws where the sources do not compile
 */
export function buildProgram(entry: string, options: ProgramOptions = {}): Promise<Program> {
  const cache = options.cache ?? join(cacheRoot(), 'programs')
  const key = JSON.stringify([cache, entry])
  const running = underWay.get(key)
  if (running) return running
  const building = made(entry, cache).finally(() => underWay.delete(key))
  underWay.set(key, building)
  return building
}

async function made(entry: string, cache: string): Promise<Program> {
  const name = basename(entry, extname(entry))
  const noteFile = join(cache, `${name}-${sha256Of(JSON.stringify([entry, recipe])).slice(0, 16)}.json`)
  const placeOf = (sha256: string) => join(cache, sha256.slice(0, 32), `${name}.cjs`)
  const last = known(noteFile, placeOf)
  if (last) return last
  const began = Date.now()
  const { contents, inputs } = await bundle(entry)
  const sha256 = sha256Of(contents)
  const program = { path: placeOf(sha256), sha256, bytes: contents.length }
  store(program.path, contents)
  note(noteFile, { sha256, bytes: program.bytes, inputs: stamps(inputs, began) })
  prune(cache)
  return program
}

const sha256Of = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
