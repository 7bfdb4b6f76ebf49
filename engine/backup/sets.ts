import { text } from 'node:stream/consumers'
import { toFailure } from '../errors.ts'
import type { Depot } from './depot.ts'
import { setFile, setSchema, type BackupSet } from './set.ts'

/** A backup as it is found. */
export interface FoundSet {
  readonly id: string
  /** What it says of itself; absent where it was cut off, or that cannot be read: `wrong` says which. */
  readonly set?: BackupSet
  readonly wrong?: string
  /** The run that took it did not come to its end, or has not yet. */
  readonly cut?: true
}

/** All backups of a place, the oldest first. */
export async function foundSets(depot: Depot): Promise<readonly FoundSet[]> {
  const sets = await depot.sets()
  return Promise.all(sets.map(({ id, files }) => foundSet(depot, id, files)))
}

async function foundSet(depot: Depot, id: string, files: readonly string[]): Promise<FoundSet> {
  if (!files.includes(setFile)) return { id, wrong: 'it was cut off: nothing says what it holds', cut: true }
  try {
    const set = setSchema.parse(JSON.parse(await text(await depot.opened(await depot.stored(id, setFile)))))
    return set.id === id ? { id, set } : { id, wrong: `it says of itself that it is ${set.id}` }
  } catch (error) {
    return { id, wrong: `what says what it holds is damaged: ${toFailure(error).message}` }
  }
}
