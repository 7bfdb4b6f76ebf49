import type { Shell } from '../../../engine/resources/index.ts'
import { rootOption } from '../sql.ts'

export const socket = '/run/mysqld/mysqld.sock'

/** A client of the server at this socket; the Pi's own where absent. */
export const clientOf = (at: string = socket): Shell =>
  `mariadb ${rootOption} --socket=${at} --default-character-set=utf8mb4 --batch --skip-column-names`

/** The server's own databases are no part of it: accounts are what provision makes. */
export const ownDatabases = "'mysql', 'information_schema', 'performance_schema', 'sys'"

const databases = `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (${ownDatabases}) ORDER BY SCHEMA_NAME`

const kinds = { tables: '--no-data --routines --events --triggers', rows: '--no-create-info --skip-triggers --insert-ignore' }

/**
 * Dumps as one moment had it, without holding up who writes. Rows go to rows that may be there already, tables to tables: nothing is dropped
 * for them.
 */
export const dump = (
  what: keyof typeof kinds,
  at: string = socket,
): Shell => `mapfile -t names < <(${clientOf(at)} -e "${databases}" </dev/null)
[ \${#names[@]} -gt 0 ] || { echo 'MariaDB does not tell its databases' >&2; exit 1; }
mariadb-dump ${rootOption} --socket=${at} --default-character-set=utf8mb4 --single-transaction --quick --skip-lock-tables --skip-add-locks \\
--skip-disable-keys --skip-add-drop-table --skip-dump-date --order-by-primary --hex-blob ${kinds[what]} --databases -- "\${names[@]}"`
