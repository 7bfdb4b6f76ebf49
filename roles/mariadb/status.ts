import type { Shell } from '../../engine/resources/kind.ts'
import type { RoleAnswer } from '../../engine/status.ts'
import { rootOption, sqlName } from './sql.ts'
import type { MariadbVars } from './vars.ts'

/**
 * Asks for the newest reading of each location: by the key, so that it takes no longer with years of them. The last row tells that the
 * table could be read.
 */
export function newestText({ database, table }: Pick<MariadbVars, 'database' | 'table'>): Shell {
  return `mariadb ${rootOption} --batch --skip-column-names --connect-timeout=10 <<'.'
SELECT 'version', VERSION();
SELECT reading_location, TIMESTAMPDIFF(SECOND, MAX(reading_date), UTC_TIMESTAMP())
FROM ${sqlName(database)}.${sqlName(table)} GROUP BY reading_location;
SELECT 'end', 0, 'of readings';
.`
}

/** Reads the answer: the server's version, and how old the newest reading of each location is. */
export function readNewest(output: string): RoleAnswer {
  const rows = output
    .split('\n')
    .filter(Boolean)
    .map(line => line.split('\t'))
  const version = rows.find(([word]) => word === 'version')?.[1]
  if (version === undefined) return { wrong: ['it runs and does not answer'] }
  if (!rows.some(row => row.length === 3)) return { wrong: ['it answers, and its table of readings cannot be read'] }
  const locations = rows.slice(1, -1).map(([location = '', seconds]) => [location, Number(seconds)] as const)
  return { says: [`MariaDB ${version.replace(/-.*/, '')}`, locations.length === 0 ? 'no reading yet' : lastReadings(locations)] }
}

/** Locations that are told by name. */
const most = 8

/** How old the last reading of each location is, those first that have been silent longest. */
function lastReadings(locations: readonly (readonly [location: string, seconds: number])[]): string {
  const sorted = [...locations].sort(([, a], [, b]) => b - a)
  const told = sorted.slice(0, most).map(([location, seconds]) => `${location} ${ageText(seconds)}`)
  return `last reading ${told.join(', ')} ago${sorted.length > most ? `, and later of ${sorted.length - most} more` : ''}`
}

const ageText = (seconds: number): string => {
  if (seconds < 120) return `${Math.max(0, seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}
