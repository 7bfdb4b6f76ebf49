import { resource, type Kind, type Resource } from '../../engine/resources/index.ts'
import { askSql, isDown, runSql, sqlName } from './sql.ts'

interface TableSpec {
  readonly database: string
  readonly table: string
  /** Column name → definition, in order. */
  readonly columns: Readonly<Record<string, string>>
  readonly primaryKey: readonly string[]
}

/** `column type` in order and the key, or nothing. */
interface TableSeen {
  readonly columns: readonly string[]
  readonly key: readonly string[]
}

export const tableKind: Kind<TableSpec, TableSeen | 'unknown' | undefined> = {
  name: 'mariadb table',
  label: spec => `${spec.database}.${spec.table}`,
  ask: () => askSql(`SELECT 'column', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION;
SELECT 'key', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS
WHERE INDEX_NAME = 'PRIMARY' AND TABLE_SCHEMA <> 'mysql' ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX;`),
  read(output, specs) {
    const rows = output.split('\n').map(line => line.split('\t'))
    if (isDown(output)) return specs.map(() => 'unknown')
    return specs.map(({ database, table }) => {
      const own = rows.filter(row => row[1] === database && row[2] === table)
      const columns = own.filter(row => row[0] === 'column').map(row => `${row[3]} ${row[4]}`)
      return columns.length ? { columns, key: own.filter(row => row[0] === 'key').map(row => row[3] as string) } : undefined
    })
  },
  compare(spec, seen) {
    if (!seen) return [{ does: 'create' }]
    if (seen === 'unknown') return [{ does: 'make sure of it (MariaDB does not answer now)' }]
    // A table of another shape holds somebody's data: it is told, never changed.
    const missing = Object.keys(spec.columns).filter(column => !seen.columns.some(found => found.startsWith(`${column} `)))
    if (missing.length) return [{ does: `stop: it exists without ${missing.join(', ')}` }]
    return spec.primaryKey.every(column => seen.key.includes(column)) ? [] : [{ does: `stop: its primary key is (${seen.key.join(', ') || 'none'}), not (${spec.primaryKey.join(', ')})` }]
  },
  change(spec, seen) {
    const name = `${sqlName(spec.database)}.${sqlName(spec.table)}`
    if (seen && seen !== 'unknown') return [{ run: `echo "the table ${spec.database}.${spec.table} has another shape and is left alone: rename it (RENAME TABLE), run again, and copy its rows" >&2; false` }]
    const columns = Object.entries(spec.columns).map(([column, definition]) => `  ${sqlName(column)} ${definition}`)
    const key = `  PRIMARY KEY (${spec.primaryKey.map(sqlName).join(', ')})`
    return [{ run: runSql(`CREATE DATABASE IF NOT EXISTS ${sqlName(spec.database)} CHARACTER SET utf8mb4;\nCREATE TABLE IF NOT EXISTS ${name} (\n${[...columns, key].join(',\n')}\n);`) }]
  },
}

/** A table and its database, made where they are missing; one that exists in another shape is reported and left alone. */
export function table(database: string, name: string, columns: Readonly<Record<string, string>>, primaryKey: readonly string[]): Resource<TableSpec, TableSeen | 'unknown' | undefined> {
  return resource(tableKind, { database, table: name, columns, primaryKey })
}
