import { Failed } from '../errors.ts'
import type { Host } from '../inventory/types.ts'
import { healthSeen } from '../plan/marks.ts'
import { actContextOn } from './act-context.ts'
import { connected } from './connected.ts'
import type { Run } from './run.ts'
import { healthy } from './healthy.ts'
import { takeLock } from './lock.ts'
import { overLostLinks } from './lost-links.ts'
import type { ResolvedRole } from './resolve.ts'
import type { Needed, Seen } from './seen.ts'

/** Roles of a host whose health is still to be looked at, and what a look takes. */
export interface Later {
  readonly roles: readonly ResolvedRole[]
  /** Names of the resources this run has changed on the host. */
  readonly changed: ReadonlySet<string>
  /** Told of each role that does its work. */
  seen(role: string): void
}

/** What a role of a host cannot do without. */
export const neededBy = (
  { role, vars }: ResolvedRole,
  host: Host,
  { fleet, offered }: Pick<Run, 'fleet' | 'offered'>,
): readonly Needed[] => (role.needs ? [...role.needs({ host, fleet, vars, offered })] : [])

/**
 * Looks at roles once what they need is seen at work. No session and no lock is held meanwhile, for what they need may be made on this very
 * host. Throws `Failed` where something that one needs has failed, and where one does not do its work.
 */
export async function looksLater(host: Host, run: Run, seen: Seen, later: Later): Promise<void> {
  const left = new Set(later.roles)
  const needs = new Map(later.roles.map(each => [each, neededBy(each, host, run)]))
  const needsOf = (each: ResolvedRole) => needs.get(each) ?? []
  for (let told = ''; left.size > 0; ) {
    run.stop?.throwIfAborted()
    for (const each of left) refuseBehind(each, needsOf(each), seen)
    const now = [...left].filter(each => needsOf(each).every(need => seen.how(need) === 'well'))
    if (now.length > 0) {
      await overLostLinks(() => look(host, run, { ...later, roles: now }), {
        reconnecting: because => run.on({ event: 'reconnecting', host: host.name, because }),
        ...(run.stop && { stop: run.stop }),
      })
      for (const each of now) left.delete(each)
      continue
    }
    const what = unseen([...left].flatMap(needsOf), seen)
    if (what !== told) run.on({ event: 'waiting', host: host.name, for: `${(told = what)}: it is needed here` })
    await seen.change(run.stop)
  }
}

/** What of it is waited for, first of all. */
function unseen(needs: readonly Needed[], seen: Seen): string {
  const open = needs.filter(need => !seen.how(need))
  const [role] = open.filter(({ host, role: name }) => !seen.ended(host.name, name))
  return role ? `${role.role} on ${role.host.name}` : `the cluster of ${open[0]?.role}`
}

/** Looks at roles in a session of its own. */
function look(host: Host, run: Run, { roles, changed, seen }: Later): Promise<void> {
  return connected(run, host, async session => {
    await takeLock(session, { owner: run.owner, work: 'health' }, what => run.on({ event: 'waiting', host: host.name, for: what }))
    run.on({ event: 'verifying', host: host.name })
    const say = (text: string) => run.on({ event: 'note', host: host.name, text })
    const acting = actContextOn(host, session, { ...run, say })
    try {
      await healthy(
        roles,
        {
          due: new Set(roles.map(({ role }) => role.name)),
          changed,
          async seen(role) {
            await session.run(healthSeen(role), { timeout: 30 })
            seen(role)
          },
        },
        { host, fleet: run.fleet, session, say, ...(run.stop && { stop: run.stop }) },
        acting.context,
      )
    } finally {
      await acting.close()
    }
  })
}

function refuseBehind({ role }: ResolvedRole, needs: readonly Needed[], seen: Seen): void {
  const failed = needs.find(need => seen.how(need) === 'failed')
  if (!failed) return
  const own = seen.ended(failed.host.name, failed.role)?.how === 'failed'
  throw new Failed({
    code: 'behind',
    message: `${role.name} was not looked at: it needs ${own ? `${failed.role} on ${failed.host.name}` : `the cluster of ${failed.role}`}, which failed`,
    role: role.name,
    hint: 'see what that says; run the same command again once it is mended',
  })
}
