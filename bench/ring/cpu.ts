import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { groupOf, hierarchies } from '../../lab/cgroup/groups.ts'
import { readUsage, usageFiles } from '../../lab/cgroup/usage.ts'
import { identityOf } from '../../lab/identity.ts'

/** Processor time of a virtual Pi over a while. */
export interface Use {
  /** Cores. */
  readonly cores: number
  /** Part of the quota's periods in which it had to stand still. */
  readonly throttled: number
}

interface Counters {
  readonly at: number
  readonly seconds: number
  readonly periods: number
  readonly throttledPeriods: number
}

async function read(fleet: string, host: string): Promise<Counters> {
  const all = await hierarchies()
  const group = groupOf(identityOf(fleet).prefix, host)
  const usage = readUsage(usageFiles(all, group))
  const stat = readFileSync(join(all.v1.get('cpu') ?? all.v2 ?? '', group, 'cpu.stat'), 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? NaN)
  if (!usage) throw new Error(`${host} has no group of its own: is it up?`)
  return {
    at: performance.now() / 1000,
    seconds: usage.user + usage.system,
    periods: field('nr_periods'),
    throttledPeriods: field('nr_throttled'),
  }
}

/** Begins to count; the function it gives says what was used since. */
export async function meter(fleet: string, host: string): Promise<() => Promise<Use>> {
  const before = await read(fleet, host)
  return async () => {
    const after = await read(fleet, host)
    return {
      cores: (after.seconds - before.seconds) / (after.at - before.at),
      throttled: (after.throttledPeriods - before.throttledPeriods) / Math.max(1, after.periods - before.periods),
    }
  }
}

/** The same for all of this machine: the part of its cores that had something to do. */
export function machineMeter(): () => number {
  const busy = (): readonly [number, number] => {
    const [, ...times] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').trim().split(/\s+/).map(Number)
    const idle = (times[3] ?? 0) + (times[4] ?? 0)
    const total = times.slice(0, 8).reduce((sum, time) => sum + time, 0)
    return [total - idle, total]
  }
  const [busyBefore, before] = busy()
  return () => {
    const [busyAfter, after] = busy()
    return (busyAfter - busyBefore) / (after - before)
  }
}
