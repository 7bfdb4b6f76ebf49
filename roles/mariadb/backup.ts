import type { BackupOf, Piece, Restoring, RoleBackup } from '../../engine/backup/index.ts'
import type { Shell } from '../../engine/resources/index.ts'
import { DumpReader } from './dump-reader.ts'
import { rootOption } from './sql.ts'
import type { MariadbVars } from './vars.ts'

const socket = '--socket=/run/mysqld/mysqld.sock'
const client = `mariadb ${rootOption} ${socket} --default-character-set=utf8mb4 --batch --skip-column-names`

/** All databases but the server's own: accounts are what provision makes. */
const databases = `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA
WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY SCHEMA_NAME`

/**
 * Dumps as one moment had it, without holding up who writes. Rows go to rows that may be there already, tables to tables: nothing is dropped
 * for them.
 */
const dump = (what: string): Shell => `mapfile -t names < <(${client} -e "${databases}")
[ \${#names[@]} -gt 0 ] || { echo 'MariaDB does not tell its databases' >&2; exit 1; }
mariadb-dump ${rootOption} ${socket} --default-character-set=utf8mb4 --single-transaction --quick --skip-lock-tables --skip-add-locks \\
--skip-disable-keys --skip-add-drop-table --skip-dump-date --order-by-primary --hex-blob ${what} --databases -- "\${names[@]}"`

/** Errors that say of a thing that it is there already: database, table, routine, trigger, event. */
const there = '1007|1050|1304|1359|1537'

/** What is there stays as it is; all other errors end it. */
const makesTables: Shell = `said=$(${client} --force 2>&1 >/dev/null | grep '^ERROR' | grep -vE '^ERROR (${there}) ' || true)
[ -z "$said" ] || { printf '%s\\n' "$said" >&2; exit 1; }`

/** Tables without a key, as they are written in a statement: their rows would be there twice. */
const quoted = (name: string) => `CHAR(96), REPLACE(${name}, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96)`
const keyless = `SELECT CONCAT(${quoted('t.TABLE_SCHEMA')}, '.', ${quoted('t.TABLE_NAME')}) FROM information_schema.TABLES t
WHERE t.TABLE_TYPE = 'BASE TABLE' AND t.TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
AND NOT EXISTS (SELECT 1 FROM information_schema.STATISTICS s
  WHERE s.TABLE_SCHEMA = t.TABLE_SCHEMA AND s.TABLE_NAME = t.TABLE_NAME AND s.NON_UNIQUE = 0)`

const addsRows: Shell = `keyless=$(${client} -e "${keyless}" </dev/null) || exit 1
full=
while IFS= read -r table; do
  [ -n "$table" ] || continue
  any=$(${client} -e "SELECT 1 FROM $table LIMIT 1" </dev/null) || exit 1
  [ -z "$any" ] || full="$full $table"
done <<<"$keyless"
[ -z "$full" ] || { echo "rows of tables without a key would be there twice; empty them first (TRUNCATE):$full" >&2; exit 1; }
${client}`

/** The pieces that are this host's: those of its own name, or all where only one host had the role. */
function own({ host }: BackupOf<MariadbVars>, pieces: readonly Piece[]): readonly Piece[] {
  const mine = pieces.filter(piece => piece.host === host.name)
  return mine.length > 0 || new Set(pieces.map(piece => piece.host)).size > 1 ? mine : pieces
}

/** Tables and rows of the fleet's MariaDB. */
export const mariadbBackup: RoleBackup<MariadbVars> = {
  parts: () => [
    { name: 'tables', takes: dump('--no-data --routines --events --triggers') },
    { name: 'rows', takes: dump('--no-create-info --skip-triggers --insert-ignore') },
  ],
  reader: () => new DumpReader(),
  restores(of, pieces) {
    const mine = own(of, pieces)
    const step = (name: string, does: string, run: Shell): Restoring[] =>
      mine.filter(piece => piece.name === name).map(piece => ({ piece, does, run }))
    return [...step('tables', 'tables that are not there', makesTables), ...step('rows', 'rows that are not there', addsRows)]
  },
  whenReplaced: () => true,
}
