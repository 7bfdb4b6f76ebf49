import { join } from 'node:path'
import type { Limits } from '../limits.ts'
import type { Hierarchies } from './hierarchies.ts'

/** One value to be written to one file of a group. */
export interface Setting {
  readonly file: string
  readonly value: string
}

/**
 * Microseconds after which a CPU quota starts anew. Short, so that a slow Pi is slow all the time instead of quick for a moment and
 * then standing still for most of the kernel's usual 100 ms.
 */
const usual = 20_000

/**
 * What makes a group as small as its Pi.
 * @param group path of the group below each hierarchy, e.g. `tf123456/producer1`
 * @param cpus processors of the machine it may run on (`0-1`); undefined: all
 */
export function settingsFor(hierarchies: Hierarchies, group: string, limits: Limits, cpus: string | undefined): Setting[] {
  const period = limits.period ?? usual
  const quota = String(Math.max(1000, Math.round(limits.cpu * period)))
  const memory = String(limits.memory)
  const in1 = (controller: string, file: string, value: string): Setting[] => {
    const mount = hierarchies.v1.get(controller)
    return mount ? [{ file: join(mount, group, file), value }] : []
  }
  const in2 = (controller: string, file: string, value: string): Setting[] =>
    hierarchies.v2 && !hierarchies.v1.has(controller) ? [{ file: join(hierarchies.v2, group, file), value }] : []
  return [
    ...in1('memory', 'memory.limit_in_bytes', memory),
    ...in1('cpu', 'cpu.cfs_period_us', String(period)),
    ...in1('cpu', 'cpu.cfs_quota_us', quota),
    ...(cpus === undefined ? [] : in1('cpuset', 'cpuset.cpus', cpus)),
    ...in2('memory', 'memory.max', memory),
    ...in2('memory', 'memory.swap.max', '0'),
    ...in2('cpu', 'cpu.max', `${quota} ${period}`),
    ...(cpus === undefined ? [] : in2('cpuset', 'cpuset.cpus', cpus)),
  ]
}

/**
 * The processors a Pi with fewer cores than the machine is kept on, so that `nproc` counts right by itself. Neighbours in the
 * inventory get different ones.
 * @returns undefined when the Pi has as many cores as the machine, or more
 */
export function cpusFor(cores: number, machineCores: number, index: number): string | undefined {
  if (cores >= machineCores) return undefined
  return Array.from({ length: cores }, (_, i) => (index * cores + i) % machineCores)
    .sort((a, b) => a - b)
    .join(',')
}
