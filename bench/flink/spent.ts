import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Seconds of processor time that a process and its threads have spent so far. */
export function spent(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}

/** What several processes spend while something is done, in seconds, and how long that takes. */
export async function spending<N extends string>(
  pids: Readonly<Record<N, number>>,
  work: () => Promise<unknown>,
): Promise<{ readonly seconds: number; readonly cpu: Readonly<Record<N, number>> }> {
  const all = Object.entries<number>(pids) as [N, number][]
  const before = new Map(all.map(([name, pid]) => [name, spent(pid)]))
  const began = performance.now()
  await work()
  return {
    seconds: (performance.now() - began) / 1000,
    cpu: Object.fromEntries(all.map(([name, pid]) => [name, spent(pid) - (before.get(name) ?? 0)])) as Readonly<Record<N, number>>,
  }
}
