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

/** The oldest of the `keep` newest complete ones: what is older makes room. Undefined while there are fewer. */
const oldestKept = (sets: readonly BackupSet[], keep: number): BackupSet | undefined =>
  sets.filter(isComplete).toSorted((a, b) => (a.id < b.id ? 1 : -1))[keep - 1]

/** Backups that `keep` complete ones make needless: older than the oldest of those that stay. None while there are fewer. */
export function needless(sets: readonly BackupSet[], keep: number): readonly BackupSet[] {
  const oldest = oldestKept(sets, keep)
  return oldest ? sets.filter(({ id }) => id < oldest.id) : []
}

/** A run that takes a backup may be as long as this, in milliseconds. */
const longestRun = 48 * 3_600_000

/** Those that were cut off go with the needless ones, by their names; one that is young enough may still be at work. */
export function needlessCut(
  found: readonly { readonly id: string; readonly cut?: true }[],
  sets: readonly BackupSet[],
  keep: number,
  now: Date,
): readonly string[] {
  const oldest = oldestKept(sets, keep)
  if (!oldest) return []
  return found.flatMap(({ id, cut }) => (cut && id < oldest.id && now.getTime() - began(id).getTime() > longestRun ? [id] : []))
}
