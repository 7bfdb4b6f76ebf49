import { readFile } from 'node:fs/promises'

/** Process ids of one process, from this machine's namespace inwards, out of /proc/PID/status. */
export function namespacePids(status: string): number[] {
  const line = /^NSpid:\s*(.+)$/m.exec(status)
  return (line?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number)
}

/**
 * The first process of a host (its systemd) among the processes of its group: number 1 of a namespace directly below ours.
 * @returns its id on this machine, or undefined when the host is not up
 */
export async function leaderOf(pids: readonly number[]): Promise<number | undefined> {
  for (const pid of pids) {
    const ids = namespacePids(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))
    if (ids.length === 2 && ids[1] === 1) return pid
  }
  return undefined
}
