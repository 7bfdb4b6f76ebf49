import type { Plan } from '../plan/plan.ts'
import { printsBytes } from '../shell.ts'

/** Where each Pi keeps what was done to it, a JSON line a change. */
export const journalFile = '/var/lib/provision/journal.jsonl'

/** Shell text that adds a plan that was carried out to the Pi's journal. It names changes, never contents. */
export function journalText(plan: Plan, by: string, at = new Date()): string {
  const lines = plan.items.map(item =>
    JSON.stringify({ at: at.toISOString(), by, role: item.role, resource: item.name, did: item.changes.map(change => change.does) }))
  return `mkdir -p ${journalFile.replace(/\/[^/]*$/, '')} && ${printsBytes(`${lines.join('\n')}\n`).replace('\n', ` >>${journalFile}\n`)}`
}
