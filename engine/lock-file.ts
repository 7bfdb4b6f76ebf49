import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'

let count = 0

/** Who takes a lock: this process, this machine, and a word that no other attempt has. */
export const newOwner = (): string => `${process.pid} ${hostname()} ${process.hrtime.bigint()}.${count++}`

/**
 * Takes a lock that is a file with its owner's name; false where somebody has it. It is written in full beside and then linked, so that
 * nobody ever reads one without its owner.
 * @throws Error of the file system
 */
export function takeLockFile(lock: string, owner: string): boolean {
  const beside = `${lock}.${process.pid}.${count++}`
  try {
    mkdirSync(path.dirname(lock), { recursive: true })
    writeFileSync(beside, owner, { mode: 0o600 })
    linkSync(beside, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(beside, { force: true })
  }
}

/** Who has a lock; undefined: nobody. */
export function holderOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch {
    return undefined
  }
}

/** Gives back a lock that is still this owner's: one that was lost to somebody stays. */
export function letGoLockFile(lock: string, owner: string): void {
  if (holderOf(lock) === owner) rmSync(lock, { force: true })
}

/** Does the process that holds it live? `yes` for one of another machine means that nobody here knows. */
export function isAlive(holder: string): boolean {
  const [pid, host] = holder.trim().split(' ')
  if (host !== hostname()) return true
  // 0 and less would be a group of processes.
  if (!(Number(pid) > 0)) return false
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Of several that find the same dead lock, one wins the rename. If what it took away is a new, living lock, it goes back. */
export function breakLockFile(lock: string, holder: string): void {
  const aside = `${lock}.${process.pid}.${count++}`
  try {
    renameSync(lock, aside)
    if (holderOf(aside) !== holder) linkSync(aside, lock)
  } catch {
    // somebody else was quicker
  } finally {
    rmSync(aside, { force: true })
  }
}
