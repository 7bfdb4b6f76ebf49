import { stat } from 'node:fs/promises'
import { legs } from '../plan/script.ts'
import type { Plan, PlanItem } from '../plan/plan.ts'
import { ConnectionLost, TimedOut } from '../ssh/errors.ts'
import type { Session } from '../ssh/session.ts'
import { Failed, hintFor } from './failure.ts'
import type { OnEvent } from './events.ts'
import { journalText } from './journal.ts'

/**
 * Carries a plan out over an open session. Throws `Failed` at the first step that fails, naming it;
 * `ConnectionLost` when the link breaks.
 */
export async function apply(plan: Plan, session: Session, { host, owner, on }: { readonly host: string; readonly owner: string; readonly on: OnEvent }): Promise<void> {
  let current: PlanItem | undefined = plan.items[0]
  const report = (event: 'changing' | 'changed', item: PlanItem) =>
    on({ event, host, role: item.role, resource: item.name, does: item.changes.map(change => change.does) })
  for (const leg of legs(plan.items, word => session.mark(word), item => journalText(item, owner))) {
    if (leg.kind === 'upload') {
      const item = plan.items[leg.item] as PlanItem
      const { size } = await stat(leg.file)
      let sent = 0
      try {
        await session.put(leg.file, leg.to, bytes => on({ event: 'uploading', host, resource: item.name, bytes: (sent += bytes), of: size }))
      } catch (error) {
        if (error instanceof ConnectionLost) throw error
        throw failed(item, `could not be sent`, error instanceof Error ? error.message : String(error))
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
          if (verb === 'failed') {
            current = item
            code = value ?? ''
          }
        },
      })
      if (ran.code !== 0) throw failed(current, code ? `its command ended with exit code ${code}` : `the script ended with exit code ${ran.code}`, ran.stderr)
    } catch (error) {
      if (error instanceof TimedOut) throw failed(current, error.message, error.output)
      throw error
    }
  }
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
