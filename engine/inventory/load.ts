import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseFleet } from './parse.ts'
import { displayPath } from './paths.ts'
import { InventoryError } from './problem.ts'
import type { Fleet } from './types.ts'
import type { RoleSchemas } from './vars.ts'

/**
 * Reads and checks an inventory file.
 * @throws InventoryError with every problem found; also when the file cannot be read.
 */
export async function loadFleet(file: string, roles: RoleSchemas): Promise<Fleet> {
  const absolute = path.resolve(file)
  const display = displayPath(absolute, process.cwd())
  let text: string
  try {
    text = await readFile(absolute, 'utf8')
  } catch (error) {
    throw new InventoryError([{ message: unreadable(display, error as NodeJS.ErrnoException) }])
  }
  return parseFleet(text, absolute, roles, { display })
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
