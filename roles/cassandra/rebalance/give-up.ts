import { Failed } from '../../../engine/run/failure.ts'
import type { Standing } from './abort.ts'
import { seedsOverride } from '../config/yaml.ts'
import type { Hosts } from './hosts.ts'
import { journalOnHost, removeJournal, type Journal } from './journal.ts'
import { stop, wipe } from './leave.ts'
import type { Tools } from './tools.ts'

/** Leaves a ring as it stands, ready for `provision` and for another rebalance. @throws Failed where it cannot be left */
export async function giveUp(journal: Journal, { leave, says, forget, settle }: Standing, { inventory, hosts, keyspace }: { readonly inventory: string; readonly hosts: Hosts; readonly keyspace: string }): Promise<void> {
  if (!leave) throw new Failed({ message: says[0] ?? 'it cannot be left now', hint: 'rebalance --resume' })
  if (forget) {
    const tools: Tools = { hosts, keyspace, interval: 3, others: journal.hosts.filter(name => name !== forget.node), progress: () => {} }
    await stop(forget.node, false, tools)
    await wipe(forget.node, forget.id, true, tools)
  }
  for (const node of settle) await hosts.text(node, `rm -f ${seedsOverride}`)
  await Promise.all(journal.hosts.map(host => hosts.attempt(host, `rm -f ${journalOnHost}`)))
  removeJournal(inventory)
}
