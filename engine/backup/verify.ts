import { pipeline } from 'node:stream/promises'
import { toFailure } from '../errors.ts'
import type { Depot } from './depot.ts'
import { lookedAt } from './looked.ts'
import { Metered } from './metered.ts'
import type { PartReader } from './part.ts'
import type { BackupSet, StoredPiece } from './set.ts'

/** What is wrong with a part. */
export interface Damage {
  readonly piece: Pick<StoredPiece, 'host' | 'role' | 'name'>
  readonly why: string
}

/** What reads a part of a role; undefined where this project has no such role. */
export type ReaderOf = (role: string, part: string) => Promise<PartReader | undefined>

/**
 * Reads all of a backup: each file has to have the bytes that were kept, to open, to have the content that was taken, and to be read by its
 * role as what it is, with the same figures. Nothing is written.
 */
export async function verifySet(
  depot: Depot,
  set: BackupSet,
  readerOf: ReaderOf,
  on: (piece: StoredPiece, wrong: string | undefined) => void = () => {},
): Promise<readonly Damage[]> {
  const damage: Damage[] = []
  for (const piece of set.pieces) {
    const why = await verifyPiece(depot, set.id, piece, readerOf)
    if (why !== undefined) damage.push({ piece, why })
    on(piece, why)
  }
  return damage
}

async function verifyPiece(depot: Depot, id: string, piece: StoredPiece, readerOf: ReaderOf): Promise<string | undefined> {
  const stored = new Metered()
  try {
    const bytes = await depot.stored(id, piece.file)
    // Where it cannot be opened, its reader says why.
    pipeline(bytes, stored).catch(() => {})
    const reader = await readerOf(piece.role, piece.name)
    const looked = lookedAt(reader ?? { push: () => {}, end: () => ({ figures: piece.figures }) })
    const opened = await depot.opened(stored)
    await pipeline(opened, looked.through, async source => {
      for await (const _ of source) continue
    })
    if (stored.bytes !== piece.stored || stored.sum() !== piece.storedSum) return 'its file has other bytes than were kept'
    if (looked.through.bytes !== piece.bytes || looked.through.sum() !== piece.sum) return 'its content is not what was taken'
    const figures = looked.figures()
    const other = Object.keys({ ...figures, ...piece.figures }).find(name => figures[name] !== piece.figures[name])
    if (other !== undefined) return `${other}: ${piece.figures[other] ?? 'none'} when it was taken, ${figures[other] ?? 'none'} now`
    return undefined
  } catch (error) {
    return toFailure(error).message
  }
}
