import { existsSync, readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { keptFolder, sumOf } from '../kept.ts'
import { recipientsFile } from '../secrets/recipients.ts'
import { secretsFile } from '../secrets/store.ts'
import type { BackupContext } from './context.ts'
import type { PartReader } from './part.ts'
import { pieceFile, type StoredPiece } from './set.ts'

/** In the place of a host and a role: what stands beside the inventory. No host has such a name. */
export const controllerHost = '_controller'
const part = 'files'

/** Files of the fleet on this machine, as JSON: name and content in base64. Secrets stay encrypted in it as they are. */
export function controllerFiles(inventory: string): Buffer {
  const folder = path.dirname(inventory)
  const named = [inventory, secretsFile(inventory), recipientsFile(inventory)].filter(file => existsSync(file))
  const kept = keptFolder(inventory)
  const more = existsSync(kept)
    ? readdirSync(kept, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
        .map(entry => path.join(entry.parentPath, entry.name))
    : []
  const files = [...named, ...more]
    .map(file => [path.relative(folder, file), readFileSync(file).toString('base64')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(JSON.stringify(Object.fromEntries(files)))
}

/** Takes them into a backup. */
export async function controllerPieces({ fleet, depot }: BackupContext, id: string): Promise<readonly StoredPiece[]> {
  const content = controllerFiles(fleet.file)
  const file = pieceFile(controllerHost, controllerHost, part)
  const taken = new Date().toISOString()
  const stored = await depot.put(id, file, Readable.from([content]))
  const { figures } = read(content)
  return [
    { host: controllerHost, role: controllerHost, name: part, taken, bytes: content.length, figures, sum: sumOf(content), file, ...stored },
  ]
}

function read(content: Uint8Array): {
  readonly figures: Readonly<Record<string, number>>
  readonly files: Readonly<Record<string, string>>
} {
  const files = JSON.parse(Buffer.from(content).toString()) as Readonly<Record<string, string>>
  return { figures: { files: Object.keys(files).length }, files }
}

/** Reads that part: it has to be whole JSON. */
export function controllerReader(): PartReader {
  const pieces: Uint8Array[] = []
  return { push: piece => void pieces.push(piece), end: () => ({ figures: read(Buffer.concat(pieces)).figures }) }
}

/** Writes them into a folder that must not be there yet: what stands beside an inventory is nothing to write over. */
export function writeControllerFiles(content: Uint8Array, folder: string): readonly string[] {
  const { files } = read(content)
  mkdirSync(folder, { mode: 0o700 })
  return Object.entries(files).map(([name, text]) => {
    const at = path.join(folder, name)
    if (path.relative(folder, at).startsWith('..')) throw new Error(`${name} would be outside of ${folder}`)
    mkdirSync(path.dirname(at), { recursive: true, mode: 0o700 })
    writeFileSync(at, Buffer.from(text, 'base64'), { mode: 0o600, flag: 'wx' })
    return at
  })
}
