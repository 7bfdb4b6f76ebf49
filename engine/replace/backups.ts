import { began, type BackupSet, type Keeper, type Restoring } from '../backup/index.ts'
import { duration } from '../report/duration.ts'

/** What of a role comes back from which backup. */
export interface Return {
  readonly keeper: Keeper
  readonly set: BackupSet
  /** Before the role starts for the first time. */
  readonly seeds: readonly Restoring[]
  /** Once it is at work. */
  readonly steps: readonly Restoring[]
}

const ofRole = (set: BackupSet, { role }: Keeper) => set.pieces.filter(piece => piece.role === role.name)

/**
 * What backups have for the new card of a host: of each role from the newest one that does not lack this host's part: those that
 * were taken since its card died do. `ids`: the ones that a run before has chosen.
 */
export function returns(
  keepers: readonly Keeper[],
  sets: readonly BackupSet[],
  now: Date,
  ids?: Readonly<Record<string, string>>,
): readonly Return[] {
  const newestFirst = sets.toSorted((a, b) => (a.id < b.id ? 1 : -1))
  return keepers.flatMap(keeper => {
    const { role, backup, of } = keeper
    for (const set of newestFirst) {
      if (ids && ids[role.name] !== set.id) continue
      if (set.lacks.some(lack => lack.role === role.name && lack.host === of.host.name)) continue
      const pieces = ofRole(set, keeper)
      const seeds = backup.seeds?.(of, pieces, now) ?? []
      const steps = backup.whenReplaced?.(of) ? backup.restores(of, pieces) : []
      if (seeds.length > 0 || steps.length > 0) return [{ keeper, set, seeds, steps }]
    }
    return []
  })
}

/** What comes back, for a person: `store: as of the backup X, 5 h ago (rows: 49002)`. */
export function returnText({ keeper, set, steps, seeds }: Return, now: Date): string {
  const age = duration(Math.max(0, now.getTime() - began(set.id).getTime()) / 1000)
  const figures = new Map<string, number>()
  for (const { piece } of steps)
    for (const [what, count] of Object.entries(piece?.figures ?? {})) figures.set(what, (figures.get(what) ?? 0) + count)
  const counts = [...figures].map(([what, count]) => `${what}: ${count}`).join(', ')
  const what = steps.length > 0 ? `as of the backup ${set.id}, ${age} ago${counts && ` (${counts})`}; what came after it is lost` : ''
  return `${keeper.role.name}: ${[what, ...seeds.map(({ does }) => does)].filter(Boolean).join('; ')}`
}
