import type { Host } from '../inventory/types.ts'
import { converge, type Run } from './converge.ts'
import type { HostResult } from './events.ts'
import { Turns } from './turns.ts'

/**
 * Converges hosts, at most `parallel` at a time; those that only wait for their turn do not count. Every host ends with a result; none waits for
 * another's failure, but what takes turns is not begun behind one that failed in its own.
 */
export async function convergeAll(hosts: readonly Host[], run: Run, parallel: number): Promise<ReadonlyMap<string, HostResult>> {
  const results = new Map<string, HostResult>()
  const turns = new Turns(run.fleet.hosts.filter(host => hosts.includes(host)).map(host => host.name))
  const queue = [...hosts]
  let free = parallel
  const working = new Set<Promise<void>>()
  const fill = () => {
    while (free > 0) {
      const host = queue.shift()
      if (!host) return
      free--
      const work: Promise<void> = one(host).finally(() => {
        free++
        working.delete(work)
        fill()
      })
      working.add(work)
    }
  }
  const one = async (host: Host) => {
    const result = run.stop?.aborted
      ? { status: 'failed' as const, changed: 0, unchanged: 0, seconds: 0, failure: { message: 'not begun: the run was stopped' } }
      : await converge(host, run, {
          wants: wanted => turns.wants(host.name, wanted),
          async take(needed) {
            let given = 0
            const waiting = (turn: string, until: string) => {
              run.on({ event: 'waiting', host: host.name, for: `its turn (${turn}): ${until} goes first` })
              if (given === 0) {
                given = 1
                free++
              }
              fill()
            }
            try {
              return await turns.take(host.name, needed, waiting, run.stop)
            } finally {
              free -= given
            }
          },
        })
    results.set(host.name, result)
    turns.ended(host.name, result.status === 'failed' ? 'failed' : 'well')
    run.on({ event: 'finished', host: host.name, ...result })
  }
  fill()
  while (working.size > 0) await Promise.all(working)
  return new Map(hosts.map(host => [host.name, results.get(host.name) as HostResult]))
}
