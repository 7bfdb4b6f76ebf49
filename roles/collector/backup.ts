import * as z from 'zod'
import type { BackupOf, PartReader, Piece, Restoring, RoleBackup } from '../../engine/backup/index.ts'
import type { CollectorVars } from './vars.ts'

/** Where the agent's queue lies; see `DynamicUser` of its unit. */
const queue = '/var/lib/private/collector/queue'

const stateSchema = z.object({ last: z.number().int().nonnegative().optional() })

/** Reads what `collect queue --json` printed: the number of the last reading. */
class NumberReader implements PartReader {
  #text = ''

  push(piece: Uint8Array): void {
    this.#text += Buffer.from(piece).toString('utf8')
  }

  end() {
    return { figures: { last: stateSchema.parse(JSON.parse(this.#text)).last ?? 0 } }
  }
}

/** Numbers that are left out for what nobody has counted. */
const spare = 1000

/**
 * A number that no reading had: the last one of the backup, and as many more as the agent may have given away since. `interval` in
 * milliseconds.
 */
export function nextNumber({ figures, taken }: Pick<Piece, 'figures' | 'taken'>, interval: number, now: Date): number {
  const since = Math.max(0, now.getTime() - Date.parse(taken))
  return (figures['last'] ?? 0) + Math.ceil(since / interval) + spare
}

/** An empty file whose name is the number: the agent goes on from there. Where a queue is there already, it has numbers of its own. */
const begins = (number: number): string => `ls ${queue}/*.seg >/dev/null 2>&1 || {
install -d -m 0750 /var/lib/private/collector ${queue} && chmod 0700 /var/lib/private &&
: >${queue}/${String(number).padStart(16, '0')}.seg && sync ${queue}; }`

function seeds({ host, vars }: BackupOf<CollectorVars>, pieces: readonly Piece[], now: Date): readonly Restoring[] {
  const own = pieces.find(({ host: of, name }) => of === host.name && name === 'number')
  if (!own) return []
  const number = nextNumber(own, vars.interval, now)
  return [{ does: `readings are numbered from ${number} on`, run: begins(number) }]
}

/** The number of the last reading: an agent on a new card gives none a second time. The readings themselves are in stores. */
export const collectorBackup: RoleBackup<CollectorVars> = {
  parts: () => [{ name: 'number', takes: '/usr/local/bin/collect queue --config /etc/collector/config.json --json' }],
  reader: () => new NumberReader(),
  restores: () => [],
  seeds,
}
