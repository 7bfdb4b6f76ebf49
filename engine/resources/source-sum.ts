import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const known = new Map<string, { readonly size: number; readonly changed: number; readonly sum: string }>()

/**
 * SHA-256 of a file of the controller, in hex. It is read once a run, whatever number of hosts gets it, and piece by piece: a large one is
 * never in memory as a whole. One that was written since is read again. Throws where it cannot be read.
 */
export function sumOfSource(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { size, mtimeMs: changed } = fstatSync(file)
    const before = known.get(path)
    if (before?.size === size && before.changed === changed) return before.sum
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafe(256 * 1024)
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) hash.update(piece.subarray(0, length))
    const sum = hash.digest('hex')
    known.set(path, { size, changed, sum })
    return sum
  } finally {
    closeSync(file)
  }
}
