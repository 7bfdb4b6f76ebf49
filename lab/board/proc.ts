import type { Usage } from '../cgroup/usage.ts'

/** Kernel ticks a second in /proc/stat. */
const hertz = 100

/**
 * /proc/meminfo of a host: total is its limit, the rest what its group uses. Only the lines that programs read; without swap.
 * @param limit bytes
 */
export function meminfo(limit: number, usage: Usage): string {
  const free = Math.max(0, limit - usage.charged)
  const available = Math.min(limit, free + usage.cache)
  const used = Math.max(0, usage.charged - usage.cache)
  const lines: readonly (readonly [string, number])[] = [
    ['MemTotal', limit],
    ['MemFree', free],
    ['MemAvailable', available],
    ['Buffers', 0],
    ['Cached', usage.cache],
    ['SwapCached', 0],
    ['Active', usage.cache],
    ['Inactive', used],
    ['AnonPages', used],
    ['Shmem', 0],
    ['Slab', 0],
    ['SReclaimable', 0],
    ['SUnreclaim', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Writeback', 0],
    ['CommitLimit', limit / 2],
    ['Committed_AS', used],
  ]
  // Numbers of fixed width, like the kernel's: the file keeps its length and a reader never sees half of it.
  return lines.map(([key, bytes]) => `${`${key}:`.padEnd(15)} ${String(Math.round(bytes / 1024)).padStart(8)} kB\n`).join('')
}

/**
 * /proc/stat of a host: its cores are fully busy when it uses all of the share it is given.
 * @param uptime seconds since the host booted
 * @param usage processor time since the host booted
 * @param share of one machine core the host may use
 * @param btime seconds since 1970 when it booted
 */
export function stat(uptime: number, usage: Pick<Usage, 'user' | 'system'>, share: number, cores: number, btime: number): string {
  // Ticks a core of the Pi counts for a second of the machine's processor.
  const scale = hertz / share
  const user = Math.floor(usage.user * scale)
  const system = Math.floor(usage.system * scale)
  const idle = Math.max(0, Math.floor(uptime * hertz) - user - system)
  const row = (n: number): string => `${user * n} 0 ${system * n} ${idle * n} 0 0 0 0 0 0`
  const each = Array.from({ length: cores }, (_, core) => `cpu${core} ${row(1)}\n`).join('')
  return `cpu  ${row(cores)}\n${each}intr 0\nctxt 0\nbtime ${Math.floor(btime)}\nprocesses 0\nprocs_running 1\nprocs_blocked 0\n`
}
