import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem, codeOf } from '../problem.ts'
import { makeDirectory } from './directory.ts'

/** What a full, a read-only and a broken disk say. */
const refusals = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'])

/**
 * Takes the queue directory for this process; the returned function gives it back.
 * The lock names a process by id and start time, so that one left by a kill or a power cut is seen to be stale.
 * @throws {Problem} while another process has it
 */
export function lockQueue(directory: string): () => void {
  const path = join(directory, 'lock')
  const me = `${process.pid} ${startOf(process.pid) ?? ''}`
  const [owner, started] = readOwner(path)
  if (owner !== undefined && owner !== process.pid && started !== undefined && startOf(owner) === started) {
    throw new Problem(
      `the queue ${directory} is in use by process ${owner}`,
      'stop that collector first (systemctl stop collector), or give this one a queue of its own',
    )
  }
  try {
    makeDirectory(directory)
    writeFileSync(path, me)
  } catch (error) {
    // Measuring goes on with a disk that takes nothing, without the guard against a second process.
    if (!refusals.has(codeOf(error)))
      throw new Problem(`the queue ${directory} cannot be used (${codeOf(error)})`, 'make it writable for the user of this process')
  }
  return () => {
    try {
      rmSync(path, { force: true })
    } catch {
      // It names a process that is gone: stale for the next one.
    }
  }
}

function readOwner(path: string): [number | undefined, string | undefined] {
  try {
    const [owner, started] = readFileSync(path, 'utf8').split(' ')
    return [Number(owner), started]
  } catch {
    return [undefined, undefined]
  }
}

/** When a process started, in ticks since boot; undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    // Field 22, counted after the name, which is in parentheses and may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19]
  } catch {
    return undefined
  }
}
