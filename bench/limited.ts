import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hierarchies, makeGroup, removeGroup } from '../lab/cgroup/groups.ts'

/** The kernel looks each 4 ms (of 250 ticks a second) who has used what it may: a tenth of a core is several of these in each period. */
const plenty = { memory: 4 * 2 ** 30, cores: 2, period: 50_000, why: 'measured' }

/**
 * Processes that together may use so much of one core; asked for again the share changes.
 * @param core the only one of the machine that they run on, counted from 0; none: any
 */
export async function limit(name: string, pids: readonly number[], cpu: number, core?: number): Promise<void> {
  const directories = await makeGroup(await hierarchies(), groupOf(name), { ...plenty, cpu }, core?.toString())
  for (const directory of directories) for (const pid of pids) await writeFile(join(directory, 'cgroup.procs'), String(pid))
}

/** The part of its periods in which a group stood still, since `limit` first made its group, and how many periods there were. */
export async function standing(name: string): Promise<{ readonly periods: number; readonly throttled: number }> {
  const all = await hierarchies()
  const stat = await readFile(join(all.v1.get('cpu') ?? all.v2 ?? '', groupOf(name), 'cpu.stat'), 'utf8')
  const field = (word: string) => Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(stat)?.[1] ?? NaN)
  return { periods: field('nr_periods'), throttled: field('nr_throttled') }
}

/** Seconds of CPU that a process has used since it began, from `/proc`; a clock tick is 10 ms on Linux. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(user) + Number(system)) / 100
}

/** Takes the groups away; their processes must be gone. */
export async function unlimit(...names: readonly string[]): Promise<void> {
  const all = await hierarchies()
  for (const name of names) await removeGroup(all, groupOf(name))
  await removeGroup(all, parent)
}

/** Of this run alone: others may measure beside it. */
const parent = `bench-${process.pid}`
const groupOf = (name: string) => `${parent}/${name}`
