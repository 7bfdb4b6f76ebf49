import { describeDisk } from '../disk.ts'
import { parseFacts } from '../facts.ts'
import type { Host } from '../inventory/types.ts'
import { parseMade } from '../made.ts'
import type { Wanted } from '../plan/desired.ts'
import { clusterMark, healthSeen, marksText } from '../plan/marks.ts'
import { question, type Observed } from '../plan/observe.ts'
import { plan, type Plan, type PlanItem } from '../plan/plan.ts'
import type { AnyResource } from '../resources/kind.ts'
import { actContextOn } from './act-context.ts'
import { apply } from './apply.ts'
import { clusterObserved, type Clusters } from './clusters.ts'
import { withDiffs } from './diffs.ts'
import { refuseUnmade } from './elsewhere.ts'
import type { HostResult } from './events.ts'
import { toFailure, type Failure } from '../errors.ts'
import { healthy, tellsHealth } from './healthy.ts'
import { looksLater, neededBy, type Later } from './later.ts'
import { takeLock } from './lock.ts'
import { overLostLinks } from './lost-links.ts'
import { goesText, removedRoles, removedWanted } from './removed.ts'
import { untilReady } from './ready.ts'
import { mayRefuse, refuseAsFound, refuseUnfit } from './refusals.ts'
import { clusterWanted, desiredOf, disksOf, memoryOf, refuseForgetful, refuseFull, rolesOf, varsOf, type ResolvedRole } from './resolve.ts'
import type { Run } from './run.ts'
import type { Seen } from './seen.ts'
import { complain } from './took.ts'

/** A host's place among those that take turns; see `Turns`. */
export interface Turn {
  /** What it may need turns for. */
  wants(turns: ReadonlySet<string>): void
  /** Waits for them; true when one is new to it and another host had that before. */
  take(turns: ReadonlySet<string>): Promise<boolean>
  /** These are over, before the host is done. */
  over(turns: ReadonlySet<string>): void
  /** Lets others have its place among those at work while it waits for them. */
  aside<T>(wait: () => Promise<T>): Promise<T>
}

/** A disk that is full within so many days is told at each run. */
const soon = 30

/** A host's place among those whose roles may refuse a Pi; see `Refusals`. */
export interface HostRefusals {
  found(how: 'fit' | 'refused'): void
  /** Waits until all others with such a role were looked at. Throws `Failed` where one was refused. */
  clear(): Promise<void>
}

/** The other hosts of a run, to the one that is at work. */
export interface Others {
  readonly turn: Turn
  readonly clusters: Clusters
  readonly refusals: HostRefusals
  readonly seen: Seen
}

const stopped = { message: 'stopped before it was done', hint: 'run the same command again: it goes on from here' }

/** What a failure of work on a host is told as. */
export function failureIn(run: Pick<Run, 'stop'>, error: unknown): Failure {
  return run.stop?.aborted ? stopped : toFailure(error)
}

/** Brings one host to its desired state (or, under `check`, says what that takes). Never throws: a failure is a result. */
export async function converge(host: Host, run: Run, others: Others): Promise<HostResult> {
  const started = Date.now()
  const seconds = () => (Date.now() - started) / 1000
  const counts = { changed: 0, unchanged: 0 }
  const attempt = () => once(host, run, others, counts)
  const reconnecting = (because: string) => run.on({ event: 'reconnecting', host: host.name, because })
  try {
    const { changed, resources, later } = await (run.check
      ? attempt()
      : overLostLinks(attempt, { reconnecting, ...(run.stop && { stop: run.stop }) }))
    if (later.roles.length > 0) await others.turn.aside(() => looksLater(host, run, others.seen, later))
    const status = changed === 0 ? 'unchanged' : run.check ? 'would change' : 'changed'
    return { status, changed, unchanged: resources - changed, seconds: seconds() }
  } catch (error) {
    return { status: 'failed', ...counts, seconds: seconds(), failure: failureIn(run, error) }
  }
}

async function once(
  host: Host,
  run: Run,
  { turn, clusters, refusals, seen }: Others,
  counts: { changed: number; unchanged: number },
): Promise<{ changed: number; resources: number; later: Later }> {
  run.on({ event: 'connecting', host: host.name })
  const own = rolesOf(host, run.roles, run.only)
  // What does not depend on the Pi is made while its connection opens.
  const early = Promise.all(own.map(role => (role.variant ? undefined : run.prepared(role, varsOf(role, host)))))
  early.catch(() => {})
  const session = await run.open(host)
  const say = (text: string) => run.on({ event: 'note', host: host.name, text })
  const acting = actContextOn(host, session, { ...run, say })
  const abort = () => session.abort()
  run.stop?.addEventListener('abort', abort)
  // It may have come while the connection was made.
  if (run.stop?.aborted) abort()
  try {
    const facts = parseFacts(session.facts)
    refuseForgetful(facts)
    const orRefused = (look: () => void) => {
      try {
        look()
      } catch (error) {
        refusals.found('refused')
        throw error
      }
    }
    orRefused(() => refuseUnfit(host, facts, run.fleet, own, run.roles, run.offered))
    const memory = memoryOf(host, facts, run.roles)
    const known = parseMade(session.facts)
    const disks = disksOf(host, known, { fleet: run.fleet, facts, roles: run.roles, offered: run.offered })
    refuseFull(disks, new Date())
    run.on({ event: 'facts', host: host.name, facts, memory, disks })
    for (const disk of disks)
      if ((disk.days ?? Infinity) < soon)
        run.on({ event: 'note', host: host.name, text: `its disk will be full: ${describeDisk(disk, new Date())}` })
    const made = await early
    const resolved = await Promise.all(
      own.map(async (role, index): Promise<ResolvedRole> => {
        const vars = varsOf(role, host)
        return { role, vars, prepared: role.variant ? await run.prepared(role, vars, role.variant({ host, facts, vars })) : made[index] }
      }),
    )
    const desired = desiredOf(resolved, { host, fleet: run.fleet, facts, roles: run.roles, secret: run.secret, offered: run.offered })
    const removed = await removedRoles(host, known, run.registry, run.only)
    const wanted = [...removedWanted(removed, desired, { host, fleet: run.fleet, purge: run.purge }), ...desired]
    run.wanted?.(host.name, wanted)
    turn.wants(turnsOf(wanted))
    // Others need not wait for what it answers, where no answer stops them.
    if (!mayRefuse(wanted)) refusals.found('fit')
    // What belongs to a cluster is asked within the same question.
    const spoken = clusters.askedOn(host).flatMap(role => {
      const its = resolved.find(each => each.role === role)
      return its ? [{ role, wanted: clusterWanted(its, { host, facts, ...run }) }] : []
    })
    const asked = question([...wanted, ...spoken.flatMap(cluster => cluster.wanted)])
    const waiting = (what: string) => run.on({ event: 'waiting', host: host.name, for: what })
    // Lock and question leave together; what was read before the lock was ours does not count.
    const locking = run.check ? undefined : takeLock(session, { owner: run.owner, work: 'host' }, waiting)
    locking?.catch(() => {})
    let answer = session.run(asked.script, { timeout: 300 })
    answer.catch(() => {})
    if ((await locking) === false) answer = session.run(asked.script, { timeout: 300 })
    const observed = asked.read((await answer).stdout)
    orRefused(() => refuseAsFound(wanted, observed))
    refusals.found('fit')
    clusters.marked(host, observed.marks)
    const toCluster: string[] = []
    for (const { role, wanted: its } of spoken) {
      const todo = plan(its, clusterObserved(role, its, observed, observed.marks))
      clusters.answered(role, run.diff ? await withDiffs(todo, session) : todo)
      if (todo.items.length > 0) toCluster.push(clusterMark(role.name))
    }
    const touched = new Map<string, string>()
    const isSeen = (role: string) => seen.role(host.name, role, { how: 'well', changed: counts.changed })
    const todo = plan(wanted, observed)
    const owed = owedBy(resolved, observed)
    const planned = run.diff ? await withDiffs(todo, session) : todo
    run.on({
      event: 'planned',
      host: host.name,
      resources: planned.resources,
      changes: planned.items.map(item => ({ role: item.role, resource: item.name, changes: item.changes })),
    })
    for (const text of planned.notes) run.on({ event: 'note', host: host.name, text })
    for (const role of removed)
      if (planned.items.some(item => item.role === role.name)) run.on({ event: 'note', host: host.name, text: goesText(role, run.purge) })
    for (const role of owed)
      run.on({
        event: 'note',
        host: host.name,
        text: `${role}: it was not seen at work since it was changed${run.check ? ': `provision` looks' : ''}`,
      })
    counts.unchanged = planned.resources - planned.items.length
    if (planned.items.length > 0 || toCluster.length > 0) await refusals.clear()
    const done = (changed: number, later: readonly ResolvedRole[] = []) => ({
      changed,
      resources: planned.resources,
      later: { roles: later, changed: new Set(touched.keys()), seen: isSeen },
    })
    if (run.check) return done(planned.items.length)
    // Owed from now on, whatever becomes of this run.
    if (toCluster.length > 0) await session.run(marksText({ pending: toCluster, made: [] }), { timeout: 30 })
    // After a lost link, what was changed before it counts.
    if (planned.items.length === 0 && owed.size === 0) return done(counts.changed)
    const again = question(wanted)
    const ask = async () => again.read((await session.run(again.script, { timeout: 300 })).stdout)
    const changed = new Set<AnyResource>()
    const change = async (items: readonly PlanItem[]) => {
      for (const { role, name } of items) touched.set(name, role)
      await apply({ ...planned, items }, session, {
        host: host.name,
        owner: run.owner,
        acting: acting.context,
        hasHealth: name => resolved.some(({ role }) => role.name === name && tellsHealth(role)),
        on(event) {
          if (event.event === 'changed') counts.changed++
          run.on(event)
        },
      })
      for (const { resource } of items) changed.add(resource)
    }
    const readyFor = async (items: readonly PlanItem[]) => {
      const takers = new Set(items.flatMap(item => (item.turn === undefined ? [] : item.role.split('+'))))
      for (const { role, vars } of resolved) {
        if (!role.ready || !takers.has(role.name)) continue
        const question = role.ready({ host, fleet: run.fleet, vars })
        const why = (reason: string) => waiting(`${role.name} to be ready for its turn: ${reason}`)
        await untilReady(role.name, question, { host, session, waiting: why, ...(run.stop && { stop: run.stop }) })
      }
    }
    const carryOut = async ({ items }: Plan) => {
      const first = items.findIndex(item => item.turn !== undefined)
      if (first < 0) return change(items)
      if (first > 0) await change(items.slice(0, first))
      let mine: readonly PlanItem[] = items.slice(first)
      // Where others have been at work, what was seen before may be so no longer, and may need another turn.
      while (await turn.take(new Set(mine.flatMap(item => item.turn ?? [])))) mine = plan(wanted, await ask(), changed).items
      await readyFor(mine)
      await change(mine)
    }
    const left = async () => {
      run.on({ event: 'verifying', host: host.name })
      return plan(wanted, await ask())
    }
    let due = owed
    if (planned.items.length > 0) {
      await carryOut(planned)
      // What could not be asked before (of a service that was down) shows now, and is done in a second pass.
      const second = await left()
      if (second.items.length > 0) {
        await carryOut(second)
        await complain((await left()).items, session)
      }
      due = new Set([...owed, ...[...touched.values()].flatMap(names => names.split('+'))])
    } else await turn.take(turnsOf(wanted.filter(({ role }) => role.split('+').some(name => owed.has(name)))))
    for (const { role } of resolved) if (!due.has(role.name)) isSeen(role.name)
    const later: ResolvedRole[] = []
    const looks = () =>
      healthy(
        resolved,
        {
          due,
          changed: new Set(touched.keys()),
          async seen(role) {
            await session.run(healthSeen(role), { timeout: 30 })
            isSeen(role)
          },
          async isLater(role) {
            await refuseUnmade(role, host, run, seen)
            if (neededBy(role, host, run).every(need => seen.how(need) === 'well')) return false
            later.push(role)
            return true
          },
        },
        { host, fleet: run.fleet, session, say, ...(run.stop && { stop: run.stop }) },
        acting.context,
      )
    // What starts on all hosts at once is well only when all of them have started.
    const needsOthers = wanted.some(({ role, resource }) => resource.turnOnly === 'restart' && role.split('+').some(name => due.has(name)))
    await (needsOthers ? turn.aside(looks) : looks())
    const isOpen = ({ role }: Wanted) => later.some(each => role.split('+').includes(each.role.name))
    if (later.length > 0) turn.over(new Set([...turnsOf(wanted)].filter(one => !turnsOf(wanted.filter(isOpen)).has(one))))
    return done(counts.changed, later)
  } finally {
    run.stop?.removeEventListener('abort', abort)
    await Promise.all([acting.close(), session.close()])
  }
}

/** Roles of the host that nobody has seen at work since a run changed them. */
const owedBy = (resolved: readonly ResolvedRole[], { unseen }: Observed): ReadonlySet<string> =>
  new Set(resolved.flatMap(({ role }) => (tellsHealth(role) && unseen.has(role.name) ? [role.name] : [])))

const turnsOf = (of: readonly Pick<Wanted, 'resource'>[]) => new Set(of.flatMap(({ resource }) => resource.turn ?? []))
