import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as z from 'zod'
import { Failed } from '../../../engine/run/failure.ts'
import { writes } from '../config/write.ts'
import { stepSchema } from './steps.ts'

const journalSchema = z.strictObject({
  id: z.string().min(1),
  fleet: z.string(),
  /** When it began, ISO 8601. */
  began: z.string(),
  /** All hosts that take part. */
  hosts: z.array(z.string()).readonly(),
  /** What weights it works towards. */
  weights: z.record(z.string(), z.number()),
  steps: z.array(stepSchema).readonly(),
  /** The step at hand: those before it are done. */
  at: z.number().int().min(0),
})

/** A rebalance and how far it is: enough to go on from any machine. */
export type Journal = z.output<typeof journalSchema>

/** Where each host of the ring has it. */
export const journalOnHost = '/var/lib/provision/rebalance.json'

/** Where the controller has it: beside the inventory. */
export function journalFile(inventory: string): string {
  return inventory.replace(/\.ya?ml$/, '') + '.rebalance.json'
}

/** Reads a journal's text. @throws Failed where it is none */
export function parseJournal(text: string, where: string): Journal {
  try {
    return journalSchema.parse(JSON.parse(text))
  } catch {
    throw new Failed({ message: `${where} is no journal of a rebalance`, hint: 'move it away, and run `rebalance --resume`: each host of the ring has another one' })
  }
}

/** The controller's journal of an inventory; none where nothing is under way. */
export function readJournal(inventory: string): Journal | undefined {
  const file = journalFile(inventory)
  return existsSync(file) ? parseJournal(readFileSync(file, 'utf8'), file) : undefined
}

/** Writes it so that a power cut leaves the old one or the new one. */
export async function writeJournal(inventory: string, journal: Journal): Promise<void> {
  const file = journalFile(inventory)
  const beside = `${file}.${process.pid}`
  const handle = await open(beside, 'w', 0o644)
  try {
    await handle.writeFile(`${JSON.stringify(journal, undefined, 1)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  renameSync(beside, file)
  const folder = await open(dirname(file))
  await folder.sync().finally(() => folder.close())
}

export function removeJournal(inventory: string): void {
  rmSync(journalFile(inventory), { force: true })
}

/** Shell text that writes it on a host. */
export function writesJournal(journal: Journal): string {
  return `mkdir -p /var/lib/provision && ${writes(journalOnHost, JSON.stringify(journal))}`
}

/** Which of several copies of a journal is the furthest. @throws Failed where they are of different runs */
export function furthest(journals: readonly Journal[]): Journal | undefined {
  const ids = new Set(journals.map(({ id }) => id))
  if (ids.size <= 1) return journals.toSorted((a, b) => b.at - a.at)[0]
  // One run ends before the next begins: what is older was left behind by a host that was away then.
  return journals.toSorted((a, b) => (a.began < b.began ? 1 : -1))[0]
}
