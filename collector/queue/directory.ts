import { mkdirSync } from 'node:fs'
import { codeOf } from '../problem.ts'

const mode = 0o750

/** Makes the directory of a queue where it is missing, with those above it. @throws as the disk refuses it */
export function makeDirectory(directory: string): void {
  try {
    // First without those above: made with them, Node says of a read-only disk that the directory is missing.
    mkdirSync(directory, { mode })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') mkdirSync(directory, { recursive: true, mode })
    else if (codeOf(error) !== 'EEXIST') throw error
  }
}
