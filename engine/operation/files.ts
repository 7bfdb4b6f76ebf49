import { writes } from '../shell.ts'

const folder = '/var/lib/provision'

/** Where each host that takes part has the journal. */
export const journalOnHost = (files: string) => `${folder}/${files}.json`

/** Where each host keeps the last one that came to its end: whatever is not later is over, wherever it turns up. */
export const lastOnHost = (files: string) => `${folder}/${files}.last.json`

/** Shell text that writes a journal on a host, that of one that is over in the place of the last. */
export function writesJournal(files: string, text: string, over: boolean): string {
  const [now, last] = [journalOnHost(files), lastOnHost(files)]
  if (!over) return `mkdir -p ${folder} && ${writes(now, text)}`
  return `mkdir -p ${folder} && ${writes(last, text)} && rm -f ${now} && sync ${folder}`
}

const section = '\u001d'

/** Shell text that prints the journals a host has; `readJournals` takes them apart. */
export function printsJournals(files: string): string {
  return `cat ${journalOnHost(files)} 2>/dev/null; printf '\\035'; cat ${lastOnHost(files)} 2>/dev/null; true`
}

/** The texts of the journals a host has: of what is under way, and of what was the last to end. */
export function readJournals(output: string): string[] {
  return output.split(section).filter(part => part.trim() !== '')
}
