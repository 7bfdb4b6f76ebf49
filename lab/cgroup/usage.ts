import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import type { Hierarchies } from './hierarchies.ts'

/** What a group uses. Memory in bytes, processor time in seconds since the group was made. */
export interface Usage {
  /** All memory charged to it, page cache included. */
  readonly charged: number
  /** Page cache of it, which the kernel takes back when memory is short. */
  readonly cache: number
  readonly user: number
  readonly system: number
}

/** Files that tell a group's use. */
export interface UsageFiles {
  readonly version: 1 | 2
  readonly charged: string
  readonly memory: string
  /** All processor time. */
  readonly cpu: string
  /** How much of it is the programs' and how much the kernel's. */
  readonly split: string
}

export function usageFiles(all: Hierarchies, group: string): UsageFiles {
  const memory = all.v1.get('memory')
  const cpuacct = all.v1.get('cpuacct')
  if (memory && cpuacct) {
    return {
      version: 1,
      charged: join(memory, group, 'memory.usage_in_bytes'),
      memory: join(memory, group, 'memory.stat'),
      cpu: join(cpuacct, group, 'cpuacct.usage'),
      split: join(cpuacct, group, 'cpuacct.usage_all'),
    }
  }
  const base = join(all.v2 ?? '', group)
  return {
    version: 2,
    charged: join(base, 'memory.current'),
    memory: join(base, 'memory.stat'),
    cpu: join(base, 'cpu.stat'),
    split: join(base, 'cpu.stat'),
  }
}

/** Value of `key value` lines; 0 when missing. */
function field(text: string, key: string): number {
  const found = new RegExp(`^${key} (\\d+)$`, 'm').exec(text)
  return Number(found?.[1] ?? 0)
}

/** Makes sense of the files' contents. */
export function parseUsage(version: 1 | 2, charged: string, memory: string, cpu: string, split: string): Usage {
  if (version === 2) {
    return {
      charged: Number(charged),
      cache: field(memory, 'active_file') + field(memory, 'inactive_file'),
      user: field(cpu, 'user_usec') / 1e6,
      system: field(cpu, 'system_usec') / 1e6,
    }
  }
  // cpuacct.usage_all: a heading, then `cpu user system` for every processor. Counted in ticks, which a throttled group fools: good for the
  // proportion only.
  const times = split
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split(' ').map(Number))
  const sum = (column: number): number => times.reduce((total, row) => total + (row[column] ?? 0), 0)
  const [all, user, system] = [Number(cpu) / 1e9, sum(1), sum(2)]
  const share = user + system > 0 ? user / (user + system) : 1
  return {
    charged: Number(charged),
    cache: field(memory, 'total_active_file') + field(memory, 'total_inactive_file'),
    user: all * share,
    system: all * (1 - share),
  }
}

/** Reads a group's use now; undefined when there is no such group. */
export function readUsage(files: UsageFiles): Usage | undefined {
  try {
    const [charged = '', memory = '', cpu = '', split = ''] = [files.charged, files.memory, files.cpu, files.split].map(file =>
      readFileSync(file, 'utf8'),
    )
    return parseUsage(files.version, charged, memory, cpu, split)
  } catch {
    return undefined
  }
}
