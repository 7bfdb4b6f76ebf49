import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'

/** How a file is written. `mode`: its permissions, 0644 where nothing is said; what the umask takes away is missing. */
export interface WholeFileOptions {
  readonly mode?: number
  /** Called when all is written and nothing is in its place yet; what it throws leaves the old file as it is. */
  readonly before?: () => void
}

/**
 * Puts a file in its place as a whole: beside, synced, renamed, its folder synced. A power cut leaves the old file or the new one.
 * (write-file-atomic syncs no folder, and has no moment between writing and renaming.)
 * @throws Error of the file system
 */
export function writeWhole(file: string, data: string | Uint8Array, options: WholeFileOptions = {}): void {
  put(file, data, options, beside => renameSync(beside, file))
}

/**
 * As `writeWhole`, for a file that must not be there yet: of two that write it at once, one does.
 * @throws Error with the code EEXIST where it is there
 */
export function writeNew(file: string, data: string | Uint8Array, options: WholeFileOptions = {}): void {
  put(file, data, options, beside => linkSync(beside, file))
}

function put(file: string, data: string | Uint8Array, { mode = 0o644, before }: WholeFileOptions, take: (beside: string) => void): void {
  const beside = `${file}.${process.pid}.tmp`
  try {
    rmSync(beside, { force: true })
    writeSynced(beside, Buffer.from(data), mode)
    before?.()
    take(beside)
    syncFolder(path.dirname(file))
  } finally {
    rmSync(beside, { force: true })
  }
}

function writeSynced(file: string, data: Uint8Array, mode: number): void {
  const handle = openSync(file, 'wx', mode)
  try {
    let written = 0
    while (written < data.length) written += writeSync(handle, data, written)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function syncFolder(folder: string): void {
  // Windows opens no folders.
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
