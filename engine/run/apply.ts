import { stat } from 'node:fs/promises'
import type { ActContext } from '../act.ts'
import { legs, type Notes } from '../plan/script.ts'
import type { Plan, PlanItem } from '../plan/plan.ts'
import { ConnectionLost, lossIn, TimedOut } from '../ssh/errors.ts'
import { fetchFile } from '../ssh/fetch.ts'
import type { Session } from '../ssh/session.ts'
import { Failed } from '../errors.ts'
import { hintFor } from './hints.ts'
import type { OnEvent } from './events.ts'
import { journalText } from './journal.ts'

export interface ApplyOptions {
  readonly host: string
  readonly owner: string
  /** What acts work with; asked for when there is one. */
  acting(): Promise<ActContext>
  readonly on: OnEvent
  /** Does this role tell of its health? */
  hasHealth(role: string): boolean
  /** See `Notes`. */
  readonly markOf?: Notes['markOf']
}

/**
 * Carries a plan out over an open session. Throws `Failed` at the first step that fails, naming it;
 * `ConnectionLost` when the link breaks.
 */
export async function apply(plan: Plan, session: Session, { host, owner, acting, on, hasHealth, markOf }: ApplyOptions): Promise<void> {
  let current: PlanItem | undefined = plan.items[0]
  const report = (event: 'changing' | 'changed', item: PlanItem) =>
    on({ event, host, role: item.role, resource: item.name, does: item.changes.map(change => change.does) })
  const notes = { done: (item: PlanItem) => journalText(item, owner), hasHealth, ...(markOf && { markOf }) }
  for (const leg of legs(plan.items, word => session.mark(word), notes)) {
    if (leg.kind === 'upload') {
      const item = plan.items[leg.item] as PlanItem
      const { size } = await stat(leg.file)
      let sent = 0
      try {
        await session.put(leg.file, leg.to, bytes =>
          on({ event: 'uploading', host, resource: item.name, bytes: (sent += bytes), of: size }),
        )
      } catch (error) {
        if (error instanceof ConnectionLost) throw error
        throw failed(item, `could not be sent`, error instanceof Error ? error.message : String(error))
      }
      continue
    }
    if (leg.kind === 'fetch') {
      const item = plan.items[leg.item] as PlanItem
      try {
        leg.keep(await fetchFile(session, leg.path, leg.most))
      } catch (error) {
        if (error instanceof ConnectionLost) throw error
        throw failed(item, 'it was not brought here', saidBy(error))
      }
      continue
    }
    if (leg.kind === 'act') {
      const item = plan.items[leg.item] as PlanItem
      try {
        await leg.act(await acting())
      } catch (error) {
        throw (
          lossIn(error) ??
          (error instanceof Failed
            ? new Failed({ role: item.role, resource: item.name, ...error.failure })
            : failed(item, 'it was not done', saidBy(error)))
        )
      }
      continue
    }
    let code = ''
    try {
      const ran = await session.run(leg.text, {
        timeout: leg.timeout,
        onMark(words) {
          const [verb, index, value] = words.split(' ')
          const item = plan.items[Number(index)]
          if (!item) return
          if (verb === 'begin') report('changing', (current = item))
          if (verb === 'done') report('changed', item)
          const text = words.split(' ').slice(2).join(' ')
          if (verb === 'waiting') on({ event: 'waiting', host, for: text })
          if (verb === 'note') on({ event: 'note', host, text })
          if (verb === 'failed') {
            current = item
            code = value ?? ''
          }
        },
      })
      if (ran.code !== 0)
        throw failed(current, code ? `its command ended with exit code ${code}` : `the script ended with exit code ${ran.code}`, ran.stderr)
    } catch (error) {
      if (error instanceof TimedOut) throw failed(current, error.message, error.said)
      throw error
    }
  }
}

/** What an error of zx or of ours has to say: what the program printed, where there is one. */
export function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return ('stderr' in error && String(error.stderr).trim()) || error.message
}

function failed(item: PlanItem | undefined, what: string, output: string): Failed {
  const hint = hintFor(output)
  return new Failed({
    message: item ? `${item.name} (${item.changes.map(change => change.does).join('; ')}): ${what}` : what,
    ...(item && { role: item.role, resource: item.name }),
    output: output.trim().split('\n').filter(Boolean).slice(-20),
    hint: hint ?? 'mend the cause, then run the same command again: it goes on from here',
  })
}
