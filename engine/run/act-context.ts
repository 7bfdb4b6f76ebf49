import type { ActContext } from '../act.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import type { Session } from '../ssh/session.ts'
import { until } from './until.ts'

/** What acts and health checks of one host need of a run. */
export interface Reach {
  readonly fleet: Fleet
  open(host: Host): Promise<Session>
  secret(name: string): string
  say(text: string): void
  confirm(host: string, question: string): Promise<boolean>
  readonly stop?: AbortSignal
}

/** What acts and health checks of one host work with, and its end: other hosts' connections close with it. */
export interface ActContexts {
  context(): Promise<ActContext>
  close(): Promise<void>
}

/** Makes it. zx is loaded when the context is first asked for: it takes longer to load than a run without changes can spare. */
export function actContextOn(host: Host, session: Session, reach: Reach): ActContexts {
  const { fleet, open, secret, say, confirm, stop } = reach
  const others = new Map<string, Promise<Session>>()
  const opened = (other: Host): Promise<Session> => {
    const known = others.get(other.name)
    if (known) return known
    const opening = open(other)
    others.set(other.name, opening)
    // One that did not answer may do so the next time it is asked.
    opening.catch(() => others.delete(other.name))
    return opening
  }
  const all = () => Promise.allSettled(others.values()).then(ends => ends.flatMap(end => (end.status === 'fulfilled' ? [end.value] : [])))
  const abort = () =>
    void all().then(sessions => {
      for (const each of sessions) each.abort()
    })
  stop?.addEventListener('abort', abort)
  return {
    async context() {
      const { remoteShell } = await import('../ssh/zx.ts')
      return {
        host,
        fleet,
        secret,
        say,
        confirm: question => confirm(host.name, question),
        $: remoteShell(session),
        async on(other) {
          const there = await opened(other)
          // A link that broke since is opened again.
          if (!there.lost) return remoteShell(there)
          others.delete(other.name)
          return remoteShell(await opened(other))
        },
        until: (attempt, seconds) => until(attempt, seconds, () => stop?.aborted === true || session.lost !== undefined),
      }
    },
    async close() {
      stop?.removeEventListener('abort', abort)
      await Promise.all((await all()).map(each => each.close()))
    },
  }
}
