import { appendFileSync, renameSync, statSync } from 'node:fs'
import type { Failure } from './backends/backend.ts'
import type { Reading } from './reading.ts'

const largest = 512 * 1024

/** Keeps a reading that a backend can never store. */
export type DeadLetters = (backend: string, reading: Reading, failure: Failure) => void

/** Dead letters as JSON lines in a file; when it is full it becomes `<file>.1` and the one before is gone. @throws as writing does */
export function deadLetterFile(path: string): DeadLetters {
  return (backend, reading, { code, message }) => {
    if (sizeOf(path) > largest) renameSync(path, `${path}.1`)
    appendFileSync(path, `${JSON.stringify({ backend, code, message, reading })}\n`, { mode: 0o640 })
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
