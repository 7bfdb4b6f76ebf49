import { journalOnHost, lastOnHost } from './files.ts'
import type { Operation } from './kind.ts'

/** Something found before anything moves. */
export interface Finding {
  /** Nothing is done while there is one that refuses. */
  readonly refuses: boolean
  readonly what: string
  readonly remedy: string
}

/** Journals that nobody of this fleet wrote stand in the way until a person has looked at them. */
export function distrust(doubtful: ReadonlyMap<string, string>, { name, files }: Pick<Operation, 'name' | 'files'>): Finding[] {
  return [...doubtful].map(([host, why]) => ({
    refuses: true,
    what: `the journal of a ${name} on ${host} is not to be believed: ${why}`,
    remedy: `nothing of it is carried out; look at ${journalOnHost(files)} and ${lastOnHost(files)} there, and remove what is not this fleet's`,
  }))
}
