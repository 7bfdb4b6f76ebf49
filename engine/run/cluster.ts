import type { Host } from '../inventory/types.ts'
import { clusterMark, clusterPendingMark, clusterSeen, marksText } from '../plan/marks.ts'
import type { Plan } from '../plan/plan.ts'
import type { AnyRole } from '../role.ts'
import type { Session } from '../ssh/session.ts'
import { actContextOn } from './act-context.ts'
import { apply } from './apply.ts'
import { asksCluster } from './asks-cluster.ts'
import type { Clusters, RunCluster } from './clusters.ts'
import { connected } from './connected.ts'
import { failureIn } from './converge.ts'
import type { Run } from './run.ts'
import { withDiffs } from './diffs.ts'
import type { HostResult, RunEvent } from './events.ts'
import { Failed, toFailure, type Failure } from '../errors.ts'
import { lossIn } from '../ssh/errors.ts'
import { takeLock } from './lock.ts'
import { overLostLinks } from './lost-links.ts'
import type { Ended } from './seen.ts'
import { complain } from './took.ts'

/**
 * Sees to what belongs to a role's cluster, when the role has ended on all its hosts in this run: `ended` is how, by name of host. Its
 * first host has been asked within its own question already; where that host failed, the next one is asked. Nothing is begun where one of
 * them failed. Never throws: a failure is a result.
 */
export async function convergeCluster(
  cluster: RunCluster,
  clusters: Clusters,
  run: Run,
  ended: ReadonlyMap<string, Ended>,
): Promise<HostResult & { readonly spokenBy: string }> {
  const { role, hosts } = cluster
  const started = Date.now()
  const failed = hosts.filter(({ name }) => ended.get(name)?.how === 'failed')
  const host = hosts.find(each => !failed.includes(each))
  const end = (result: Omit<HostResult, 'seconds'>) => ({
    ...result,
    seconds: (Date.now() - started) / 1000,
    spokenBy: (host ?? hosts[0] ?? { name: '' }).name,
  })
  if (!host) return end({ status: 'failed', changed: 0, unchanged: 0, failure: notAsked(failed) })

  const speaker = new Speaker(host, cluster, run)
  // What was seen before hosts were changed may be so no longer.
  const isSure = run.check || hosts.every(({ name }) => !ended.get(name)?.changed)
  const counts = { changed: 0, unchanged: 0 }
  const over = <T>(attempt: () => Promise<T>) =>
    run.check
      ? attempt()
      : overLostLinks(attempt, {
          reconnecting: because => speaker.tell({ event: 'reconnecting', because }),
          ...(run.stop && { stop: run.stop }),
        })
  try {
    run.stop?.throwIfAborted()
    const known = host === hosts[0] && (isSure || failed.length > 0) ? clusters.planOf(role) : undefined
    const owing = clusters.owing(cluster)
    if (run.check || failed.length > 0) {
      const todo = known ?? (await over(() => speaker.looks()))
      const due = todo.items.length > 0 || owing.size > 0
      if (todo.items.length > 0) speaker.planned(todo)
      else speaker.remarks(todo)
      counts.unchanged = todo.resources - todo.items.length
      if (failed.length > 0 && due && !run.check) return end({ ...counts, status: 'failed', failure: notBegun(role, failed) })
      return end({ status: todo.items.length > 0 ? 'would change' : 'unchanged', changed: todo.items.length, unchanged: counts.unchanged })
    }
    if (known && known.items.length === 0 && owing.size === 0) {
      speaker.remarks(known)
      return end({ status: 'unchanged', changed: 0, unchanged: known.resources })
    }
    const resources = await over(() => speaker.changes(owing, counts))
    return end({ status: counts.changed > 0 ? 'changed' : 'unchanged', changed: counts.changed, unchanged: resources - counts.changed })
  } catch (error) {
    return end({ ...counts, status: 'failed', failure: failureIn(run, error) })
  }
}

/** The host that speaks for a cluster in a run. */
class Speaker {
  readonly #host: Host
  readonly #cluster: RunCluster
  readonly #run: Run

  constructor(host: Host, cluster: RunCluster, run: Run) {
    this.#host = host
    this.#cluster = cluster
    this.#run = run
  }

  tell(event: DistributiveOmit<RunEvent, 'host' | 'cluster'>): void {
    this.#run.on({ ...event, host: this.#host.name, cluster: this.#cluster.role.name })
  }

  planned(todo: Plan): void {
    this.tell({
      event: 'planned',
      resources: todo.resources,
      changes: todo.items.map(({ role, name, changes }) => ({ role, resource: name, changes })),
    })
    this.remarks(todo)
  }

  /** What a person should know, whatever is to be done. */
  remarks({ notes }: Plan): void {
    for (const text of notes) this.tell({ event: 'note', text })
  }

  /** What is to be done, by a question of its own. It is owed from then on. */
  async looks(): Promise<Plan> {
    this.tell({ event: 'connecting' })
    return connected(this.#run, this.#host, async session => {
      const ask = await asksCluster(this.#cluster.role, this.#host, this.#run, session)
      const todo = (await ask()).todo
      if (todo.items.length > 0 && !this.#run.check) await session.run(this.#owes(), { timeout: 30 })
      return this.#run.diff ? withDiffs(todo, session) : todo
    })
  }

  /** Asks again, changes what differs and looks whether it took; the count of resources. `owing` are hosts with marks of the cluster. */
  async changes(owing: ReadonlyMap<Host, ReadonlySet<string>>, counts: { changed: number }): Promise<number> {
    const { role } = this.#cluster
    this.tell({ event: 'connecting' })
    return this.#guarded(() =>
      connected(this.#run, this.#host, async session => {
        await takeLock(session, { owner: this.#run.owner, work: `cluster-${role.name}` }, what =>
          this.tell({ event: 'waiting', for: what }),
        )
        const ask = await asksCluster(this.#cluster.role, this.#host, this.#run, session)
        const marks = new Set([...owing.values()].flatMap(each => [...each]))
        const { todo } = await ask(marks)
        if (todo.items.length > 0) {
          const shown = this.#run.diff ? await withDiffs(todo, session) : todo
          this.planned(shown)
          await session.run(this.#owes(), { timeout: 30 })
          await this.#applies(session, shown, counts)
          this.tell({ event: 'verifying' })
          const changed = new Set(todo.items.map(({ resource }) => resource))
          // What could not be asked before shows now, and is done in a second pass.
          const second = (await ask(new Set(), changed)).todo
          if (second.items.length > 0) {
            await this.#applies(session, second, counts)
            await complain((await ask()).todo.items, session)
          }
        } else this.remarks(todo)
        await session.run(clusterSeen(role.name), { timeout: 30 })
        await this.#forgets([...owing.keys()].filter(other => other !== this.#host))
        return todo.resources
      }),
    )
  }

  #owes(): string {
    return marksText({ pending: [clusterMark(this.#cluster.role.name)], made: [] })
  }

  async #applies(session: Session, todo: Plan, counts: { changed: number }): Promise<void> {
    const { role } = this.#cluster
    const say = (text: string) => this.tell({ event: 'note', text })
    const acting = actContextOn(this.#host, session, { ...this.#run, say })
    try {
      await apply(todo, session, {
        host: this.#host.name,
        owner: this.#run.owner,
        acting: acting.context,
        hasHealth: () => false,
        markOf: resource => clusterPendingMark(role.name, resource),
        on: event => {
          if (event.event === 'changed') counts.changed++
          this.#run.on({ ...event, cluster: role.name })
        },
      })
    } catch (error) {
      throw withOthers(error, this.#outside())
    } finally {
      await acting.close()
    }
  }

  /** Hosts of the role that this run is not about. */
  #outside(): readonly Host[] {
    const { role, hosts } = this.#cluster
    return this.#run.fleet.hosts.filter(host => host.roles.includes(role.name) && !hosts.includes(host))
  }

  /**
   * Two runs may be about different hosts of one cluster: each takes the first host of the role that answers, in the inventory's order, so
   * that they meet there. Hosts of this run behind it have been spoken to; those before it, outside of this run, are tried.
   */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    const { hosts } = this.#run.fleet
    for (const guard of this.#outside()) {
      if (hosts.indexOf(guard) > hosts.indexOf(this.#host)) break
      let session: Session
      try {
        session = await this.#run.open(guard)
      } catch (error) {
        this.tell({ event: 'note', text: `whether another run is at work on ${guard.name} could not be seen: ${toFailure(error).message}` })
        continue
      }
      try {
        const holder = { owner: this.#run.owner, work: `guard-${this.#cluster.role.name}` }
        await takeLock(session, holder, what => this.tell({ event: 'waiting', for: `${guard.name}: ${what}` }))
        return await work()
      } finally {
        await session.close()
      }
    }
    return work()
  }

  /** What an earlier run left noted on other hosts is done. One that does not answer tells it again in its next run. */
  async #forgets(others: readonly Host[]): Promise<void> {
    for (const other of others)
      await connected(this.#run, other, session => session.run(clusterSeen(this.#cluster.role.name), { timeout: 30 })).catch(
        (error: unknown) =>
          this.tell({ event: 'note', text: `${other.name} keeps the note that something is owed: ${toFailure(error).message}` }),
      )
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

const namesOf = (hosts: readonly Host[]) => hosts.map(({ name }) => name).join(', ')

const notAsked = (failed: readonly Host[]): Failure => ({
  code: 'behind',
  message: `not asked: ${namesOf(failed)} failed`,
  hint: 'see what it says; run the same command again once it is mended',
})

const notBegun = (role: AnyRole, failed: readonly Host[]): Failure => ({
  code: 'behind',
  message: `not begun: ${namesOf(failed)} failed, and what belongs to the cluster is changed once all hosts are done`,
  role: role.name,
  hint: `it is owed: run the same command again once ${failed.length === 1 ? 'that host is' : 'those hosts are'} mended`,
})

/** A failure that says which hosts of the role had no part in the run, where there are such: they may be what is missing. */
function withOthers(error: unknown, outside: readonly Host[]): unknown {
  if (!(error instanceof Failed) || lossIn(error) || outside.length === 0) return error
  const { hint, ...failure } = error.failure
  const others = `this run is not about ${namesOf(outside)}: where they are needed for it, provision them; it is owed and goes on then`
  return new Failed({ ...failure, hint: hint === undefined ? others : `${hint}; ${others}` })
}
