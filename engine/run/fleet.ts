import type { Host } from '../inventory/types.ts'
import { convergeCluster } from './cluster.ts'
import { Clusters } from './clusters.ts'
import { converge, type HostRefusals, type Turn } from './converge.ts'
import type { Run } from './run.ts'
import { clusterTitle, type HostResult } from './events.ts'
import { Refusals } from './refusals.ts'
import { rolesOf } from './resolve.ts'
import { Seen, type Ended } from './seen.ts'
import { Turns } from './turns.ts'

/**
 * Converges hosts, at most `parallel` at a time; those that only wait for their turn do not count. Every host ends with a result; none
 * waits for another's failure, but what takes turns is not begun behind one that failed in its own. What belongs to a role's cluster comes
 * when the role has ended on all its hosts, and has a result of its own, by its title; one cluster after the other, for two may be spoken
 * for by one host.
 */
export async function convergeAll(hosts: readonly Host[], run: Run, parallel: number): Promise<ReadonlyMap<string, HostResult>> {
  const results = new Map<string, HostResult>()
  const ordered = run.fleet.hosts.filter(host => hosts.includes(host))
  const turns = new Turns(ordered.map(host => host.name))
  const refusals = new Refusals(ordered, host => rolesOf(host, run.roles, run.only))
  const clusters = new Clusters(ordered, run.roles, run.only)
  const seen = new Seen(
    ordered.map(({ name }) => name),
    run.check ? [] : clusters.all.map(({ role }) => role.name),
    run.only,
  )
  const ofClusters = new Map<string, HostResult>()
  const begun = new Set<(typeof clusters.all)[number]>()
  let before: Promise<void> = Promise.resolve()
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
  /** A host that waits for others gives its place to the next. */
  const aside = async <T>(wait: () => Promise<T>): Promise<T> => {
    free++
    fill()
    try {
      return await wait()
    } finally {
      free--
    }
  }
  const turnOf = (host: Host): Turn => ({
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
    over: mine => turns.over(host.name, mine),
    aside,
  })
  const refusalsOf = (host: Host): HostRefusals => ({
    found: how => refusals.found(host.name, how),
    async clear() {
      const first = refusals.waitsFor(host.name)
      if (first === undefined) return
      run.on({ event: 'waiting', host: host.name, for: `a look at ${first}: nothing is changed before` })
      await aside(() => refusals.clear(host.name, run.stop))
    },
  })
  const one = async (host: Host) => {
    const result = run.stop?.aborted
      ? { status: 'failed' as const, changed: 0, unchanged: 0, seconds: 0, failure: { message: 'not begun: the run was stopped' } }
      : await converge(host, run, { turn: turnOf(host), clusters, refusals: refusalsOf(host), seen })
    results.set(host.name, result)
    refusals.found(host.name, 'away')
    turns.ended(host.name, result.status === 'failed' ? 'failed' : 'well')
    run.on({ event: 'finished', host: host.name, ...result })
    for (const name of host.roles)
      seen.role(host.name, name, { how: result.status === 'failed' ? 'failed' : 'well', changed: result.changed })
  }
  const oneCluster = async (cluster: (typeof clusters.all)[number]) => {
    const ended = new Map(cluster.hosts.flatMap(({ name }) => [[name, seen.ended(name, cluster.role.name) as Ended] as const]))
    const result = await convergeCluster(cluster, clusters, run, ended)
    ofClusters.set(clusterTitle(cluster.role.name), result)
    run.on({ event: 'finished', host: result.spokenBy, cluster: cluster.role.name, ...result })
    seen.cluster(cluster.role.name, result.status === 'failed' ? 'failed' : 'well')
  }
  /** Begins with the clusters of roles that have ended on all of their hosts. */
  const ofAll = async () => {
    while (begun.size < clusters.all.length) {
      for (const cluster of clusters.all) {
        if (begun.has(cluster) || !cluster.hosts.every(({ name }) => seen.ended(name, cluster.role.name))) continue
        begun.add(cluster)
        before = before.then(() => oneCluster(cluster))
        working.add(before)
      }
      if (begun.size < clusters.all.length) await seen.change()
    }
  }
  working.add(ofAll())
  fill()
  // What is done adds to it meanwhile.
  for (const work of working) await work
  return new Map([...hosts.map(host => [host.name, results.get(host.name) as HostResult] as const), ...ofClusters])
}
