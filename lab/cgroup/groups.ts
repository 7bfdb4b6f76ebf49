import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { LabError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { type Hierarchies, identifying, mountPoints, parseMounts } from './hierarchies.ts'
import { settingsFor } from './settings.ts'

/** This machine's hierarchies. */
export async function hierarchies(): Promise<Hierarchies> {
  return parseMounts(await readFile('/proc/self/mounts', 'utf8'))
}

/**
 * Makes the group of a host (or of a helper process, without limits) in every hierarchy and sets its limits; may be repeated.
 * @param group path below the mount points, `<lab>/<name>`
 * @returns directories a process has to join to be in it everywhere
 * @throws LabError when the machine has no cgroups to make
 */
export async function makeGroup(all: Hierarchies, group: string, limits?: Limits, cpus?: string): Promise<string[]> {
  if (!identifying(all))
    throw new LabError('This machine has no cgroups mounted: the lab cannot limit its hosts.', 'Mount cgroup2 at /sys/fs/cgroup.')
  const [lab = group] = group.split('/')
  if (all.v2) await hand(all.v2, join(all.v2, lab))
  const cpuset = all.v1.get('cpuset')
  const directories = mountPoints(all).map(mount => join(mount, group))
  for (const directory of directories) await mkdir(directory, { recursive: true })
  if (cpuset) for (const path of [lab, group]) await inheritCpuset(cpuset, join(cpuset, path))
  if (limits) {
    for (const { file, value } of settingsFor(all, group, limits, cpus)) {
      await writeFile(file, value).catch((error: Error) => {
        throw new LabError(
          `The limit ${value} was refused by ${file}: ${error.message}`,
          'The machine needs the memory and cpu controllers of cgroups.',
        )
      })
    }
  }
  return directories
}

/** v2: a group's children only have the controllers their parents hand down. */
async function hand(root: string, lab: string): Promise<void> {
  await mkdir(lab, { recursive: true })
  const available = (await readFile(join(root, 'cgroup.controllers'), 'utf8')).split(/\s+/)
  for (const controller of ['memory', 'cpu', 'cpuset'].filter(name => available.includes(name))) {
    for (const group of [root, lab]) await writeFile(join(group, 'cgroup.subtree_control'), `+${controller}`)
  }
}

/** v1: a new cpuset is empty and takes no process until it has processors and memory nodes. */
async function inheritCpuset(root: string, group: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if ((await readFile(join(group, file), 'utf8')).trim() === '')
      await writeFile(join(group, file), await readFile(join(root, file), 'utf8'))
  }
}

/** Process ids in a group and everything below it; none when there is no such group. */
export async function pidsIn(directory: string): Promise<number[]> {
  // A group may vanish while it is read: its processes are gone then.
  const own = (await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number)
  const below = await Promise.all((await children(directory)).map(pidsIn))
  return [...own, ...below.flat()].filter(pid => pid > 0)
}

async function children(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory()).map(entry => join(directory, entry.name))
}

/** Processes of a group of the lab. */
export async function processesOf(all: Hierarchies, group: string): Promise<number[]> {
  const mount = identifying(all)
  return mount ? pidsIn(join(mount, group)) : []
}

/** Stops or continues every process of a host at once. */
export async function setFrozen(all: Hierarchies, group: string, frozen: boolean): Promise<void> {
  const v1 = all.v1.get('freezer')
  const [file, value] = v1
    ? [join(v1, group, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED']
    : [join(all.v2 ?? '', group, 'cgroup.freeze'), frozen ? '1' : '0']
  if (existsSync(file)) await writeFile(file, value)
}

/** True when the group was stopped by setFrozen. */
export async function isFrozen(all: Hierarchies, group: string): Promise<boolean> {
  const v1 = all.v1.get('freezer')
  const file = v1 ? join(v1, group, 'freezer.state') : join(all.v2 ?? '', group, 'cgroup.freeze')
  const state = await readFile(file, 'utf8').catch(() => '')
  return ['FROZEN', 'FREEZING', '1'].includes(state.trim())
}

/**
 * Ends every process of a group, like pulling the plug.
 * @throws LabError when some are still there after 10 s
 */
export async function killGroup(all: Hierarchies, group: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const pids = await processesOf(all, group)
    if (pids.length === 0) return
    for (const pid of pids) kill(pid)
    // A frozen process dies only when it is thawed.
    for (const path of [group, ...(await below(all, group))]) await setFrozen(all, path, false)
    await sleep(25)
  }
  throw new LabError(
    `Processes ${(await processesOf(all, group)).join(', ')} of ${group} do not end.`,
    'Look at them with ps; they may hang in the kernel.',
  )
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself in between.
  }
}

async function below(all: Hierarchies, group: string): Promise<string[]> {
  const mount = all.v1.get('freezer') ?? all.v2
  if (!mount) return []
  return (await children(join(mount, group))).map(path => path.slice(mount.length + 1))
}

/** Removes a group and all below it from every hierarchy; its processes must be gone. True when nothing of it is left. */
export async function removeGroup(all: Hierarchies, group: string): Promise<boolean> {
  const results = await Promise.all([...mountPoints(all), ...(all.v2 ? [all.v2] : [])].map(mount => removeTree(join(mount, group))))
  return results.every(Boolean)
}

async function removeTree(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return true
  for (const child of await children(directory)) await removeTree(child)
  return rmdir(directory).then(
    () => true,
    () => !existsSync(directory),
  )
}

/** Path of a host's group below the mount points. */
export function groupOf(prefix: string, name: string): string {
  return `${prefix}/${name}`
}
