import type { Host } from '../inventory/types.ts'
import { converge, type Run } from './converge.ts'
import type { HostResult } from './events.ts'

/** Converges hosts, at most `parallel` at a time. Every host ends with a result; none waits for another's failure. */
export async function convergeAll(hosts: readonly Host[], run: Run, parallel: number): Promise<ReadonlyMap<string, HostResult>> {
  const results = new Map<string, HostResult>()
  const queue = [...hosts]
  const worker = async () => {
    for (let host = queue.shift(); host; host = queue.shift()) {
      const result = run.stop?.aborted
        ? { status: 'failed' as const, changed: 0, unchanged: 0, seconds: 0, failure: { message: 'not begun: the run was stopped' } }
        : await converge(host, run)
      results.set(host.name, result)
      run.on({ event: 'finished', host: host.name, ...result })
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, hosts.length) }, worker))
  return new Map(hosts.map(host => [host.name, results.get(host.name) as HostResult]))
}
