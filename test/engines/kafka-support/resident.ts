import { readFileSync } from 'node:fs'

/** What a process has resident, in MiB, by what it is. */
export interface Resident {
  readonly all: number
  /** Of a JVM: its heap, which it puts below 4 GiB of addresses where it fits. Else a part of its own that means nothing. */
  readonly heap: number
  /** Other memory of its own. */
  readonly own: number
  /** Files: programs, jars, mapped indexes. The kernel takes them back when memory is short. */
  readonly files: number
}

export function residentOf(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
  const heap = [...readFileSync(`/proc/${pid}/smaps`, 'utf8').matchAll(/^[0-9a-f]+-([0-9a-f]+) [^]*?^Anonymous:\s+(\d+) kB$/gm)]
    .filter(([, end = '']) => parseInt(end, 16) <= 2 ** 32)
    .reduce((sum, [, , kib]) => sum + Number(kib) / 1024, 0)
  const [all, anonymous, files] = [field('VmRSS'), field('RssAnon'), field('RssFile')]
  return { all, heap, own: anonymous - heap, files }
}

export const residentText = ({ all, heap, own, files }: Resident): string =>
  `${all.toFixed(1)} (heap ${heap.toFixed(1)}, own ${own.toFixed(1)}, files ${files.toFixed(1)})`
