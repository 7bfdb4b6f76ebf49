import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

/** How far one backend is: everything up to `sequence`, whose date is `date`, is stored there. */
export interface Cursor {
  readonly sequence: number
  readonly date: number
}

const cursorSchema = z.object({ sequence: z.number().int().nonnegative(), date: z.number().int().nonnegative() })
const start: Cursor = { sequence: 0, date: 0 }
const cursorPath = (directory: string, backend: string): string => join(directory, `${backend}.cursor`)

/** The cursor of a backend; the start for one that is new or whose file is damaged: delivering again is harmless, a gap is not. */
export function loadCursor(directory: string, backend: string): Cursor {
  try {
    return cursorSchema.parse(JSON.parse(readFileSync(cursorPath(directory, backend), 'utf8')))
  } catch {
    return start
  }
}

/** Written beside and renamed. Not synced: an older cursor after a power cut only delivers again what is stored already. */
export function saveCursor(directory: string, backend: string, cursor: Cursor): void {
  const path = cursorPath(directory, backend)
  writeFileSync(`${path}.new`, JSON.stringify({ sequence: cursor.sequence, date: cursor.date }))
  renameSync(`${path}.new`, path)
}

/** Forgets backends that are no longer configured: they would hold the queue for ever. */
export function forgetOtherCursors(directory: string, backends: readonly string[]): void {
  const wanted = new Set(backends.map(name => `${name}.cursor`))
  for (const name of readdirSync(directory)) {
    if (/\.cursor(\.new)?$/.test(name) && !wanted.has(name)) rmSync(join(directory, name), { force: true })
  }
}
