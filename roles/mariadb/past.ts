import { Failed } from '../../engine/errors.ts'
import type { Shell } from '../../engine/resources/kind.ts'
import type { Measured, PastQuestion, Span } from '../offers.ts'
import { rootOption, sqlName, sqlText } from './sql.ts'
import type { MariadbVars } from './vars.ts'

/** Locations that are told of, at most. */
const most = 64
/** Seconds that one question may take. */
const patience = 120

const client: Shell = `mariadb ${rootOption} --batch --raw --skip-column-names --connect-timeout=10 --default-character-set=utf8mb4`
/** Dates in the table are UTC. */
const settings = `SET time_zone = '+00:00', max_statement_time = ${patience};`
const dateText = (seconds: number) => sqlText(new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' '))

/**
 * Prints a line for each location and step: the location in hexadecimal, for it may hold anything; the step's number; the mean. The last
 * line tells that all is there. A question of its own for each location is a range of the key, whatever years the table holds; the server writes
 * them, and quotes the names.
 */
function askMeans({ database, table }: Pick<MariadbVars, 'database' | 'table'>, { from, to, step }: Span): Shell {
  const rows = `${sqlName(database)}.${sqlName(table)}`
  const slot = `FLOOR((UNIX_TIMESTAMP(reading_date) - ${from}) / ${step})`
  const within = ` AND reading_date >= ${dateText(from)} AND reading_date < ${dateText(to)} GROUP BY slot ORDER BY slot;`
  const question = [
    sqlText('SELECT HEX('),
    'QUOTE(reading_location)',
    sqlText(`), ${slot} AS slot, AVG(reading_value) FROM ${rows} WHERE reading_location = `),
    'QUOTE(reading_location)',
    sqlText(within),
  ].join(', ')
  return `set -o pipefail
{ echo ${'"'}${settings}${'"'}; ${client} <<'.'
${settings}
SELECT CONCAT(${question}) FROM (SELECT DISTINCT reading_location FROM ${rows} LIMIT ${most}) AS locations;
SELECT 'SELECT ''end'';';
.
} | ${client}`
}

function readMeans(output: string, { from, step }: Span): readonly Measured[] {
  const lines = output.trimEnd().split('\n')
  if (lines.at(-1) !== 'end') throw new Failed({ message: 'MariaDB did not tell all of its readings' })
  const byLocation = new Map<string, [number, number][]>()
  for (const line of lines.slice(0, -1)) {
    const [hex = '', slot, mean] = line.split('\t')
    const location = Buffer.from(hex, 'hex').toString('utf8')
    byLocation.set(location, [...(byLocation.get(location) ?? []), [from + Number(slot) * step, Number(mean)]])
  }
  return [...byLocation].map(([location, means]) => ({ location, means }))
}

/** What was measured, as this server has it. */
export function pastQuestion(vars: Pick<MariadbVars, 'database' | 'table'>): PastQuestion {
  return { ask: span => askMeans(vars, span), read: readMeans }
}
