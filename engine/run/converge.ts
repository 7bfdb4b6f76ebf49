import { setTimeout as pause } from 'node:timers/promises'
import { describeDisk, fullDisks } from '../disk.ts'
import { disksScript, parseFacts } from '../facts.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import { parseMade } from '../made.ts'
import type { OfferedBy } from '../offer.ts'
import type { Wanted } from '../plan/desired.ts'
import { healthSeen } from '../plan/marks.ts'
import { question, type Observed } from '../plan/observe.ts'
import { plan, type Plan, type PlanItem } from '../plan/plan.ts'
import type { AnyResource } from '../resources/kind.ts'
import type { AnyRole, Roles } from '../role.ts'
import { size } from '../size.ts'
import { ConnectionLost, Unreachable } from '../ssh/errors.ts'
import type { Session } from '../ssh/session.ts'
import { actingOn } from './acting.ts'
import { apply } from './apply.ts'
import type { HostResult, OnEvent } from './events.ts'
import { Failed, fullDisk, toFailure } from './failure.ts'
import { healthy } from './healthy.ts'
import { takeLock } from './lock.ts'
import { goesText, removedRoles, removedWanted, type Purge } from './removed.ts'
import { desiredOf, disksOf, memoryOf, refuseForgetful, refuseFull, rolesOf, varsOf, type ResolvedRole } from './resolve.ts'

/** What a run is about; the same for all its hosts. */
export interface Run {
  readonly fleet: Fleet
  readonly roles: Roles
  /** What the fleet's roles offer each other. */
  readonly offered: OfferedBy
  /** Stop after the plan; nothing is written anywhere. */
  readonly check: boolean
  /** Ask for what diffs need. */
  readonly diff: boolean
  /** Only these roles. */
  readonly only?: readonly string[]
  /** What becomes of roles that hosts have no more. */
  readonly purge: Purge
  /** Who runs it, shown to another run that finds the host locked. */
  readonly owner: string
  secret(name: string): string
  /** Asks a person about a host; see `ActContext`. */
  confirm(host: string, question: string): Promise<boolean>
  /** Opens a session to a host; called again after a lost link. */
  open(host: Host): Promise<Session>
  /** What a role prepares on the controller, made once a run. */
  prepared(role: AnyRole, vars: unknown): Promise<unknown>
  readonly on: OnEvent
  /** Aborted: hosts finish the step they are at and stop. */
  readonly stop?: AbortSignal
}

/** A host's place among those that take turns; see `Turns`. */
export interface Turn {
  /** What it may need turns for. */
  wants(turns: ReadonlySet<string>): void
  /** Waits for them; true when one is new to it and another host had that before. */
  take(turns: ReadonlySet<string>): Promise<boolean>
}

const lostLinks = 3
/** A disk that is full within so many days is told at each run. */
const soon = 30
const stopped = { message: 'stopped before it was done', hint: 'run the same command again: it goes on from here' }

/** Brings one host to its desired state (or, under `check`, says what that takes). Never throws: a failure is a result. */
export async function converge(host: Host, run: Run, turn: Turn): Promise<HostResult> {
  const started = Date.now()
  const seconds = () => (Date.now() - started) / 1000
  const counts = { changed: 0, unchanged: 0 }
  for (let attempt = 1; ; attempt++) {
    try {
      const { changed, resources } = await once(host, run, turn, counts)
      const status = changed === 0 ? 'unchanged' : run.check ? 'would change' : 'changed'
      return { status, changed, unchanged: resources - changed, seconds: seconds() }
    } catch (error) {
      // A host that was there and is not, may be on its way back: it boots, or its cable is out.
      const lost = error instanceof ConnectionLost || (attempt > 1 && error instanceof Unreachable)
      if (lost && attempt <= lostLinks && !run.check && !run.stop?.aborted) {
        run.on({ event: 'reconnecting', host: host.name, because: error.message })
        await pause(2000 * attempt, undefined, { ...(run.stop && { signal: run.stop }) }).catch(() => {})
        if (!run.stop?.aborted) continue
      }
      const failure = run.stop?.aborted ? stopped : toFailure(error)
      return { status: 'failed', ...counts, seconds: seconds(), failure }
    }
  }
}

async function once(
  host: Host,
  run: Run,
  turn: Turn,
  counts: { changed: number; unchanged: number },
): Promise<{ changed: number; resources: number }> {
  run.on({ event: 'connecting', host: host.name })
  const own = rolesOf(host, run.roles, run.only)
  const preparing = Promise.all(
    own.map(async (role): Promise<ResolvedRole> => {
      const vars = varsOf(role, host)
      return { role, vars, prepared: await run.prepared(role, vars) }
    }),
  )
  preparing.catch(() => {})
  const session = await run.open(host)
  const acting = actingOn(host, session, { ...run, say: text => run.on({ event: 'note', host: host.name, text }) })
  const abort = () => session.abort()
  run.stop?.addEventListener('abort', abort)
  // It may have come while the connection was made.
  if (run.stop?.aborted) abort()
  try {
    const facts = parseFacts(session.facts)
    refuseForgetful(facts)
    const memory = memoryOf(host, facts, run.roles)
    const made = parseMade(session.facts)
    const disks = disksOf(host, made, { fleet: run.fleet, facts, roles: run.roles, offered: run.offered })
    refuseFull(disks, new Date())
    run.on({ event: 'facts', host: host.name, facts, memory, disks })
    for (const disk of disks)
      if ((disk.days ?? Infinity) < soon)
        run.on({ event: 'note', host: host.name, text: `its disk will be full: ${describeDisk(disk, new Date())}` })
    const resolved = await preparing
    const own = desiredOf(resolved, { host, fleet: run.fleet, facts, roles: run.roles, secret: run.secret, offered: run.offered })
    const removed = removedRoles(host, made, run.roles, run.only)
    const wanted = [...removedWanted(removed, own, { host, fleet: run.fleet, purge: run.purge }), ...own]
    turn.wants(turnsOf(wanted))
    const asked = question(wanted)
    const waiting = (what: string) => run.on({ event: 'waiting', host: host.name, for: what })
    // Lock and question leave together; what was read before the lock was ours does not count.
    const locking = run.check ? undefined : takeLock(session, run.owner, waiting)
    locking?.catch(() => {})
    let answer = session.run(asked.script, { timeout: 300 })
    answer.catch(() => {})
    if ((await locking) === false) answer = session.run(asked.script, { timeout: 300 })
    const observed = asked.read((await answer).stdout)
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
    if (run.check) return { changed: planned.items.length, resources: planned.resources }
    // After a lost link, what was changed before it counts.
    if (planned.items.length === 0 && owed.size === 0) return { changed: counts.changed, resources: planned.resources }
    const ask = async () => asked.read((await session.run(asked.script, { timeout: 300 })).stdout)
    const changed = new Set<AnyResource>()
    const touched = new Map<string, string>()
    const change = async (items: readonly PlanItem[]) => {
      for (const { role, name } of items) touched.set(name, role)
      await apply({ ...planned, items }, session, {
        host: host.name,
        owner: run.owner,
        acting: acting.context,
        hasHealth: name => resolved.some(({ role }) => role.name === name && role.healthy !== undefined),
        on(event) {
          if (event.event === 'changed') counts.changed++
          run.on(event)
        },
      })
      for (const { resource } of items) changed.add(resource)
    }
    const carryOut = async ({ items }: Plan) => {
      const first = items.findIndex(({ resource }) => resource.turn !== undefined)
      if (first < 0) return change(items)
      if (first > 0) await change(items.slice(0, first))
      // Where others have been at work, what was seen before may be so no longer.
      const late = await turn.take(turnsOf(items))
      await change(late ? plan(wanted, await ask(), changed).items : items.slice(first))
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
    await healthy(
      resolved,
      { due, changed: new Set(touched.keys()), seen: async role => void (await session.run(healthSeen(role), { timeout: 30 })) },
      host,
      acting.context,
    )
    return { changed: counts.changed, resources: planned.resources }
  } finally {
    run.stop?.removeEventListener('abort', abort)
    await Promise.all([acting.close(), session.close()])
  }
}

/** Roles of the host that nobody has seen at work since a run changed them. */
const owedBy = (resolved: readonly ResolvedRole[], { unseen }: Observed): ReadonlySet<string> =>
  new Set(resolved.flatMap(({ role }) => (role.healthy && unseen.has(role.name) ? [role.name] : [])))

const turnsOf = (of: readonly Pick<Wanted, 'resource'>[]) => new Set(of.flatMap(({ resource }) => resource.turn ?? []))

// Asked again after the changes: what still differs did not take, and saying "done" would be a lie.
async function complain(left: readonly PlanItem[], session: Session): Promise<void> {
  const [first] = left
  if (!first) return
  const full = fullDisks((await session.run(disksScript, { timeout: 60 })).stdout)
  throw new Failed({
    message: `the changes ran, but ${left.length === 1 ? 'one resource' : `${left.length} resources`} did not take: ${left.map(item => `${item.name} (${item.changes.map(c => c.does).join('; ')})`).join(', ')}`,
    role: first.role,
    resource: first.name,
    ...(full.length > 0 && { output: full.map(({ mount, free }) => `${mount} has ${size(free)} free`) }),
    hint: full.length > 0 ? fullDisk : 'something on the Pi changes it back, or the service stops by itself: see `journalctl -b` there',
  })
}

async function withDiffs(todo: Plan, session: Session): Promise<Plan> {
  const items = await Promise.all(
    todo.items.map(async item => {
      const { kind, spec } = item.resource
      if (!kind.detail) return item
      const { stdout } = await session.run(`(${kind.detail.ask(spec)}\n) 2>/dev/null`)
      const [first, ...rest] = item.changes
      return first ? { ...item, changes: [{ ...first, diff: kind.detail.diff(spec, stdout) }, ...rest] } : item
    }),
  )
  return { ...todo, items }
}
