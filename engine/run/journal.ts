import type { Shell } from '../resources/kind.ts'
import { quote } from '../shell.ts'

/** Where each Pi keeps what was done to it, a JSON line a change. */
export const journalFile = '/var/lib/provision/journal.jsonl'

/** A change that was made to a resource of a role. */
export interface JournalEntry {
  readonly role: string
  readonly name: string
  readonly changes: readonly { readonly does: string }[]
}

/** Shell text that adds a change to the Pi's journal once it is made, with the Pi's own time. It names changes, never contents. */
export function journalText(item: JournalEntry, by: string): Shell {
  const rest = JSON.stringify({ by, role: item.role, resource: item.name, did: item.changes.map(change => change.does) })
  return `mkdir -p ${journalFile.replace(/\/[^/]*$/, '')}; TZ=UTC printf '{"at":"%(%FT%TZ)T",%s\\n' -1 ${quote(rest.slice(1))} >>${journalFile}`
}
