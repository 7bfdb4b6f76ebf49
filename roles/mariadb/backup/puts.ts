import type { Shell } from '../../../engine/resources/index.ts'
import { copyMagic } from './copy-reader.ts'
import { opensCopy } from './copy.ts'
import { clientOf, ownDatabases } from './dump.ts'

/** Errors that say of a thing that it is there already: database, table, routine, trigger, event. */
const there = '1007|1050|1304|1359|1537'

/** What is there stays as it is; all other errors end it. */
export const makesTables: Shell = `said=$(${clientOf()} --force 2>&1 >/dev/null | grep '^ERROR' | grep -vE '^ERROR (${there}) ' || true)
[ -z "$said" ] || { printf '%s\\n' "$said" >&2; exit 1; }`

/** Tables without a key, as they are written in a statement: their rows would be there twice. */
const quoted = (name: string) => `CHAR(96), REPLACE(${name}, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96)`
const keyless = `SELECT CONCAT(${quoted('t.TABLE_SCHEMA')}, '.', ${quoted('t.TABLE_NAME')}) FROM information_schema.TABLES t
WHERE t.TABLE_TYPE = 'BASE TABLE' AND t.TABLE_SCHEMA NOT IN (${ownDatabases})
AND NOT EXISTS (SELECT 1 FROM information_schema.STATISTICS s
  WHERE s.TABLE_SCHEMA = t.TABLE_SCHEMA AND s.TABLE_NAME = t.TABLE_NAME AND s.NON_UNIQUE = 0)`

const noneTwice: Shell = `keyless=$(${clientOf()} -e "${keyless}" </dev/null) || exit 1
full=
while IFS= read -r table; do
  [ -n "$table" ] || continue
  any=$(${clientOf()} -e "SELECT 1 FROM $table LIMIT 1" </dev/null) || exit 1
  [ -z "$any" ] || full="$full $table"
done <<<"$keyless"
[ -z "$full" ] || { echo "rows of tables without a key would be there twice; empty them first (TRUNCATE):$full" >&2; exit 1; }`

/** Rows that are not there, from a dump or a copy of so many bytes, by what comes first. */
export const addsRows = (bytes: number): Shell => `${noneTwice}
export LC_ALL=C
IFS= read -r -N ${copyMagic.length} first
comes() { printf '%s' "$first"; cat; }
if [ "$first" = ${copyMagic} ]; then
comes | (${opensCopy(bytes)}
) | ${clientOf()}
else
comes | ${clientOf()}
fi`
