import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readFleet } from './parse.ts'
import { displayPath } from './paths.ts'
import { InventoryError } from './problem.ts'
import { Source } from './source.ts'
import type { Fleet } from './types.ts'
import type { RoleSource } from './vars.ts'

/**
 * Reads and checks an inventory file. Only roles that it names are loaded.
 * @throws InventoryError with every problem found; also when the file cannot be read.
 */
export async function loadFleet(file: string, roles: RoleSource): Promise<Fleet> {
  const absolute = path.resolve(file)
  const display = displayPath(absolute, process.cwd())
  let text: string
  try {
    text = await readFile(absolute, 'utf8')
  } catch (error) {
    throw new InventoryError([{ message: unreadable(display, error as NodeJS.ErrnoException) }])
  }
  const source = new Source(text, display)
  const schemas = source.readable ? await roles.load(words(source.data())) : {}
  return readFleet(source, absolute, schemas, { display, roleNames: roles.names })
}

/** Every key and text of a value, wherever in it: a superset of the roles it names. */
function words(value: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  // Sets that grow while they are gone through are gone through to their end; what an alias names twice is looked at once.
  const values = new Set([value])
  for (const each of values) {
    if (typeof each === 'string') found.add(each)
    if (typeof each !== 'object' || each === null) continue
    if (!Array.isArray(each)) for (const key of Object.keys(each)) found.add(key)
    for (const inner of Object.values(each)) values.add(inner)
  }
  return found
}

function unreadable(display: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return `${display}: there is no such file`
    case 'EISDIR':
      return `${display} is a folder, not an inventory file`
    case 'EACCES':
      return `${display}: no permission to read it`
    default:
      return `${display} cannot be read: ${error.message}`
  }
}
