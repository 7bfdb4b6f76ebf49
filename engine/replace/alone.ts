import { readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { Failed } from '../errors.ts'
import { writeNew } from '../whole-file.ts'

/**
 * Makes this process the only one of this machine that works with a journal beside an inventory; the result lets go again. One that died
 * holds nothing.
 * @throws Failed (`locked`) where another one lives
 */
export function alone(file: string): () => void {
  const own = `${process.pid} ${hostname()}\n`
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeNew(file, own, { mode: 0o600 })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const [pid = '', host = ''] = holderOf(file).split(/\s/)
    if (host !== hostname() || isAlive(Number(pid)))
      throw new Failed({
        code: 'locked',
        message: `process ${pid} on ${host} is at work with this journal`,
        hint: `wait for it to end; if there is no such process, remove ${file}`,
      })
    rmSync(file, { force: true })
  }
  throw new Failed({ code: 'locked', message: 'another run has just begun', hint: 'run it again once that one has ended' })
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return `0 ${hostname()}`
  }
}

function isAlive(pid: number): boolean {
  if (pid < 1) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
