import { statSync } from 'node:fs'
import path from 'node:path'
import { breakLockFile, holderOf, isAlive, letGoLockFile, newOwner, takeLockFile } from '../lock-file.ts'
import { SecretsError } from './secrets-error.ts'

// The lock is held for as long as one small file takes to be written. Who holds it this long has died or been suspended.
const abandonedAfter = 60_000
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/**
 * Runs `work` while no other process does the same for `file`. Waits for its turn, blocking this thread.
 * `stillMine` tells `work` right before its last step whether the lock was lost meanwhile, to a process that took this one for dead.
 */
export function withLock<T>(file: string, work: (stillMine: () => boolean) => T): T {
  const lock = `${file}.lock`
  const owner = newOwner()
  const deadline = Date.now() + 2 * abandonedAfter
  while (!take(lock, owner)) {
    const holder = holderOf(lock)
    if (holder !== undefined && abandoned(lock, holder)) breakLockFile(lock, holder)
    else if (Date.now() > deadline)
      throw new SecretsError(`${file} stays locked by process ${holder ?? '?'}`, `if it is gone, remove ${lock}`, 'locked')
    else Atomics.wait(sleeper, 0, 0, 10)
  }
  try {
    return work(() => holderOf(lock) === owner)
  } finally {
    letGoLockFile(lock, owner)
  }
}

function take(lock: string, owner: string): boolean {
  try {
    return takeLockFile(lock, owner)
  } catch (error) {
    throw new SecretsError(`cannot write in ${path.dirname(lock)}: ${(error as Error).message}`)
  }
}

function abandoned(lock: string, holder: string): boolean {
  if (!isAlive(holder)) return true
  const written = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
  return written !== undefined && Date.now() - written > abandonedAfter
}
