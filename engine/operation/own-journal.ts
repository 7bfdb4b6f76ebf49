import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Where the controller has a journal: beside the inventory. */
export function journalFile(inventory: string, files: string): string {
  return `${inventory.replace(/\.ya?ml$/, '')}.${files}.json`
}

/** The controller's own copy of the journal. */
export interface OwnJournal {
  read(): string | undefined
  write(text: string): Promise<void>
  remove(): void
}

/** The copy beside an inventory. */
export function ownJournal(inventory: string, files: string): OwnJournal {
  const file = journalFile(inventory, files)
  return {
    read: () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
    /** A power cut leaves the old one or the new one. */
    async write(text) {
      const beside = `${file}.${process.pid}`
      const handle = await open(beside, 'w', 0o644)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      renameSync(beside, file)
      const folder = await open(dirname(file))
      await folder.sync().finally(() => folder.close())
    },
    remove: () => rmSync(file, { force: true }),
  }
}
