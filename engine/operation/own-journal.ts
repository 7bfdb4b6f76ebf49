import { existsSync, readFileSync, rmSync } from 'node:fs'
import { writeWhole } from '../whole-file.ts'

/** Where the controller has a journal: beside the inventory. */
export function journalFile(inventory: string, files: string): string {
  return `${inventory.replace(/\.ya?ml$/, '')}.${files}.json`
}

/** The controller's own copy of the journal. */
export interface OwnJournal {
  read(): string | undefined
  /** A power cut leaves the old one or the new one. */
  write(text: string): Promise<void>
  remove(): void
}

/** The copy beside an inventory. */
export function ownJournal(inventory: string, files: string): OwnJournal {
  const file = journalFile(inventory, files)
  return {
    read: () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
    write: async text => writeWhole(file, text),
    remove: () => rmSync(file, { force: true }),
  }
}
