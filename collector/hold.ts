import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Backend } from './backends/backend.ts'

/** Where somebody says that he needs the one connection a producer may have to a kind of backend: a file of its name, with seconds. */
export const holdFolder = '/run/collector-hold'

/** The code of a connection that is left to somebody else for a while. */
export const heldCode = 'HELD'

/** Does somebody need it now? A file that nobody takes away holds for the seconds in it, an hour at most. */
export function isHeld(type: string, folder = holdFolder, now = Date.now()): boolean {
  const file = path.join(folder, type)
  try {
    const seconds = Math.min(3600, Number(readFileSync(file, 'utf8')) || 0)
    return seconds > 0 && now < statSync(file).mtimeMs + seconds * 1000
  } catch {
    return false
  }
}

/**
 * A backend that leaves its connection to who needs it: brokers know a client by its certificate, and a second connection puts the first
 * one out. Its readings wait meanwhile, as where the backend is away.
 */
export function yielding(backend: Backend, type: string, held: () => boolean = () => isHeld(type)): Backend {
  const refuseHeld = (): void => {
    if (held()) throw Object.assign(new Error('its connection is left to a benchmark for a while'), { code: heldCode })
  }
  return {
    maxBatch: backend.maxBatch,
    resolution: backend.resolution,
    get certificate() {
      return backend.certificate
    },
    async connect() {
      refuseHeld()
      await backend.connect()
    },
    async store(readings) {
      refuseHeld()
      return backend.store(readings)
    },
    classify: error =>
      (error as { readonly code?: unknown } | undefined)?.code === heldCode
        ? { kind: 'transient', code: heldCode, message: (error as Error).message }
        : backend.classify(error),
    close: () => backend.close(),
  }
}
