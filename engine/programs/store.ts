import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A file that is in a program, as it was then: time in milliseconds, size in bytes. Of one that is not there the size is -1. */
type Stamp = readonly [file: string, time: number, size: number]

/** What is remembered of a program that was made. */
interface Note {
  readonly sha256: string
  readonly bytes: number
  readonly inputs: readonly Stamp[]
}

const oneDay = 24 * 60 * 60 * 1000

/** Stamps of files. One that was changed since `began` may be in the program as it was before: it counts as changed next time. */
export function stamps(files: readonly string[], began: number): Stamp[] {
  return files.map(file => {
    const [, time, size] = stampOf(file)
    return [file, time >= began ? 0 : time, size]
  })
}

function stampOf(file: string): Stamp {
  const seen = statSync(file, { throwIfNoEntry: false })
  return seen ? [file, seen.mtimeMs, seen.size] : [file, 0, -1]
}

/** The program a note tells of, where it is there, whole, and none of its files has changed. */
export function known(noteFile: string, placeOf: (sha256: string) => string) {
  const last = readNote(noteFile)
  if (!last) return undefined
  const { sha256, bytes, inputs } = last
  const path = placeOf(sha256)
  if (statSync(path, { throwIfNoEntry: false })?.size !== bytes) return undefined
  const same = inputs.every(([file, time, size]) => {
    const [, now, nowSize] = stampOf(file)
    return now === time && nowSize === size
  })
  if (!same) return undefined
  attempt(() => utimesSync(dirname(path), new Date(), new Date()))
  return { path, sha256, bytes }
}

function readNote(file: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Note
  } catch {
    // None yet, or half of one: the program is made again.
    return undefined
  }
}

/** Writes a program where nothing, or something else, stands. */
export function store(path: string, contents: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeWhole(path, contents, 0o755)
}

/** Remembers what a program was made from. */
export function note(file: string, made: Note): void {
  writeWhole(file, JSON.stringify(made), 0o644)
}

/** Written beside and renamed: of commands that start together each finds a whole file. */
function writeWhole(path: string, contents: Uint8Array | string, mode: number): void {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(beside, contents, { mode })
  renameSync(beside, path)
}

/** Removes programs that nobody has asked for in a day. */
export function prune(cache: string): void {
  for (const name of readdirSync(cache)) {
    if (!/^[0-9a-f]{32}$/.test(name)) continue
    const seen = statSync(join(cache, name), { throwIfNoEntry: false })
    if (seen && Date.now() - seen.mtimeMs > oneDay) attempt(() => rmSync(join(cache, name), { recursive: true, force: true }))
  }
}

function attempt(action: () => void): void {
  try {
    action()
  } catch {
    // Tidying up what another user made fails, and matters to nobody.
  }
}
