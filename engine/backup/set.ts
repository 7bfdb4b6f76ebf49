import * as z from 'zod'

const sum = z.string().regex(/^[0-9a-f]{64}$/)
const word = z.string().regex(/^[\w-][\w.-]*$/)

/** What a backup holds. It is written last: a backup without it was cut off. */
export const setSchema = z.strictObject({
  id: z.string().regex(/^\d{8}T\d{6}Z(-\w+)?$/),
  fleet: z.string(),
  /** Roles it was meant to have. */
  roles: z.array(word).readonly(),
  pieces: z
    .array(
      z.strictObject({
        host: word,
        role: word,
        name: word,
        taken: z.string(),
        bytes: z.number().int().nonnegative(),
        figures: z.record(z.string(), z.number()),
        /** SHA-256 of its content. */
        sum,
        /** Name of its file, bytes in it, and their SHA-256: what is looked at where nobody has the key. */
        file: word,
        stored: z.number().int().nonnegative(),
        storedSum: sum,
      }),
    )
    .readonly(),
  /** Hosts and roles that are missing, and why. */
  lacks: z.array(z.strictObject({ host: word, role: word, why: z.string() })).readonly(),
})

/** A backup, by what it says of itself. */
export type BackupSet = z.output<typeof setSchema>
export type StoredPiece = BackupSet['pieces'][number]

/** The name of a backup that begins now: UTC, so that names sort by time. */
export const setId = (now: Date) => `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

/** When a backup began. */
export function began(id: string): Date {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(id) ?? []
  return new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
}

/** The last file of a backup. */
export const setFile = 'backup.json'

/** The file of a part. */
export const pieceFile = (host: string, role: string, name: string) => `${host}.${role}.${name}`

/** Is all in it that was meant to be? */
export const isComplete = ({ lacks }: Pick<BackupSet, 'lacks'>) => lacks.length === 0

/** Backups that `keep` complete ones make needless: older than the oldest of those that stay. None while there are fewer. */
export function needless(sets: readonly BackupSet[], keep: number): readonly BackupSet[] {
  const newestFirst = sets.toSorted((a, b) => (a.id < b.id ? 1 : -1))
  const oldest = newestFirst.filter(isComplete)[keep - 1]
  return oldest ? newestFirst.filter(({ id }) => id < oldest.id) : []
}
