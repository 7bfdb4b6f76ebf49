import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { SecretsError } from './secrets-error.ts'

// The lock is held for as long as one small file takes to be written. Who holds it this long has died or been suspended.
const abandonedAfter = 60_000
const sleeper = new Int32Array(new SharedArrayBuffer(4))
let count = 0

/**
 * Runs `work` while no other process does the same for `file`. Waits for its turn, blocking this thread.
 * `stillMine` tells `work` right before its last step whether the lock was lost meanwhile, to a process that took this one for dead.
 */
export function withLock<T>(file: string, work: (stillMine: () => boolean) => T): T {
  const lock = `${file}.lock`
  const owner = `${process.pid} ${hostname()} ${process.hrtime.bigint()}.${count++}`
  const mine = (): boolean => read(lock) === owner
  const deadline = Date.now() + 2 * abandonedAfter
  while (!take(lock, owner)) {
    const holder = read(lock)
    if (holder !== undefined && abandoned(lock, holder)) breakLock(lock, holder)
    else if (Date.now() > deadline)
      throw new SecretsError(`${file} stays locked by process ${holder ?? '?'}`, `if it is gone, remove ${lock}`, 'locked')
    else Atomics.wait(sleeper, 0, 0, 10)
  }
  try {
    return work(mine)
  } finally {
    if (mine()) rmSync(lock, { force: true })
  }
}

// Written in full beside and then linked, so that nobody ever reads a lock without its owner.
function take(lock: string, owner: string): boolean {
  const beside = `${lock}.${process.pid}.${count++}`
  try {
    mkdirSync(path.dirname(lock), { recursive: true })
    writeFileSync(beside, owner, { mode: 0o600 })
    linkSync(beside, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new SecretsError(`cannot write in ${path.dirname(lock)}: ${(error as Error).message}`)
  } finally {
    rmSync(beside, { force: true })
  }
}

function abandoned(lock: string, holder: string): boolean {
  const [pid, host] = holder.split(' ')
  if (host === hostname() && Number(pid) !== process.pid && !alive(Number(pid))) return true
  const written = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
  return written !== undefined && Date.now() - written > abandonedAfter
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

// Of several that find the same dead lock, one wins the rename. If what it took away is a new, living lock, it goes back.
function breakLock(lock: string, holder: string): void {
  const aside = `${lock}.${process.pid}.${count++}`
  try {
    renameSync(lock, aside)
    if (read(aside) !== holder) linkSync(aside, lock)
  } catch {
    // somebody else was quicker
  } finally {
    rmSync(aside, { force: true })
  }
}

function read(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch {
    return undefined
  }
}
