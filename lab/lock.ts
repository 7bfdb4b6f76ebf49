import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from './errors.ts'

/**
 * Runs `body` while nobody else works on the lab. The kernel holds the lock for this process and lets go of it when the process ends,
 * however it ends: there are no stale locks.
 * @param onWait called once, with who holds it, when there is something to wait for
 * @throws LabError when it is still held after `patience` seconds
 */
export async function locked<T>(
  file: string,
  body: () => Promise<T>,
  onWait: (owner: string) => void = () => {},
  patience = 900,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  let fd = openSync(file, 'a+')
  try {
    for (let waited = 0; !((await take(fd)) && isFile(fd, file)); waited += 0.25) {
      const owner = readFileSync(file, 'utf8').trim() || 'another process'
      if (waited === 0) onWait(owner)
      if (waited >= patience) throw new LabError(`The lab is held by ${owner}.`, 'Wait until it has finished, or end it.', 'locked')
      await sleep(250)
      // The one before may have removed the file with the rest of the lab: what counts is the file that has the name.
      if (!isFile(fd, file)) {
        closeSync(fd)
        fd = openSync(file, 'a+')
      }
    }
    ftruncateSync(fd)
    writeSync(fd, `process ${process.pid} since ${new Date().toISOString()}\n`)
    return await body()
  } finally {
    closeSync(fd)
  }
}

/** flock(1) locks the file that both processes have open; the lock stays ours after it ends. */
async function take(fd: number): Promise<boolean> {
  const child = spawn('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

function isFile(fd: number, file: string): boolean {
  return fstatSync(fd).ino === statSync(file, { throwIfNoEntry: false })?.ino
}
