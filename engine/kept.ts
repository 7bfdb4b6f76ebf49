import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'

/** Files of Pis that a role keeps on the controller: for the whole fleet, in the role's own folder beside the inventory. */
export interface Kept {
  /** What is kept under a name; undefined: nothing yet, and in the run that fetches it first not before that. */
  (name: string): Buffer | undefined
  /** Keeps a content as a whole or not at all, for its owner alone. */
  keep(name: string, content: Uint8Array): void
  /** Keeps it no more. */
  drop(name: string): void
}

/** `hosts/pi.kept` for `hosts/pi.yaml`. */
export function keptFolder(inventory: string): string {
  return `${inventory.replace(/\.ya?ml$/, '')}.kept`
}

/** What a role keeps. Throws where a name is none: words of letters, digits, `_`, `-` and `.`, with `/` between them. */
export function keptOf(inventory: string, role: string): Kept {
  const pathOf = (name: string) => {
    if (!/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/.test(name)) throw new Error(`nothing can be kept as ${JSON.stringify(name)}`)
    return path.join(keptFolder(inventory), role, name)
  }
  const read = (name: string) => {
    try {
      return readFileSync(pathOf(name))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }
  return Object.assign(read, {
    keep: (name: string, content: Uint8Array) => replace(pathOf(name), content),
    drop: (name: string) => rmSync(pathOf(name), { force: true }),
  })
}

/** SHA-256 in hexadecimal. */
export function sumOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function replace(file: string, content: Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  // No name that can be kept begins so.
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`)
  try {
    const open = openSync(beside, 'wx', 0o600)
    try {
      for (let done = 0; done < content.length; ) done += writeSync(open, content, done)
      fsyncSync(open)
    } finally {
      closeSync(open)
    }
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
