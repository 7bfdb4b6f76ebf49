import { resource, type Kind, type Resource } from '../../engine/resources/index.ts'
import { quote } from '../../engine/shell.ts'
import { askViews, createView, isOwnRows, viewOf, type OwnRows, type ViewSeen } from './own-rows.ts'
import { faults, type ColumnSeen, type Shape, type TableSeen, type UniqueSeen } from './shape.ts'
import { askSql, refusal, runSql, sqlName, type Refusal } from './sql.ts'

interface TableSpec extends Shape {
  readonly database: string
  readonly table: string
  readonly own?: OwnRows
}

type Seen = (TableSeen & { readonly view: ViewSeen | undefined }) | Refusal | undefined

const others = "NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')"

const asks = `SELECT 'table', TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA ${others};
SELECT 'column', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT IS NOT NULL, EXTRA, IFNULL(CHARACTER_SET_NAME, ''), IFNULL(COLLATION_NAME, '')
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ${others} ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION;
SELECT 'unique', TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, CONCAT(COLUMN_NAME, IFNULL(CONCAT('(', SUB_PART, ')'), ''))
FROM information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND TABLE_SCHEMA ${others} ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX;
${askViews(others)}`

/** The statement that gives a table the wanted shape; its rows stay, where they allow it. */
function alter({ database, table, own: _own, ...shape }: TableSpec, seen: TableSeen): string {
  return `ALTER TABLE ${sqlName(database)}.${sqlName(table)} ${faults(shape, seen)
    .flatMap(({ mends }) => mends)
    .join(', ')};`
}

export const tableKind: Kind<TableSpec, Seen> = {
  name: 'mariadb table',
  label: spec => `${spec.database}.${spec.table}`,
  ask: () => askSql(asks),
  read(output, specs) {
    const refused = refusal(output)
    if (refused) return specs.map(() => refused)
    const rows = output.split('\n').map(line => line.split('\t'))
    return specs.map(({ database, table, own: view }) => {
      const own = (kind: string, name = table) => rows.filter(row => row[0] === kind && row[1] === database && row[2] === name)
      const [made] = view ? own('view', view.view) : []
      const engine = own('table')[0]?.[3]
      return engine === undefined
        ? undefined
        : { engine, columns: own('column').map(columnOf), unique: uniqueOf(own('unique')), view: made && viewOf(made) }
    })
  },
  compare(spec, seen) {
    if (!seen) return [{ does: spec.own ? `create, and the view ${spec.own.view}` : 'create' }]
    if ('refused' in seen) return [{ does: seen.refused === 'denied' ? `stop: ${seen.says}` : `make sure of it (${seen.says})` }]
    // A table of another shape holds somebody's data: it is told, with the statement that mends it, and never changed.
    const found = faults(spec, seen)
    if (found.length === 0) return lacksView(spec, seen) ? [{ does: `create the view ${spec.own?.view}` }] : []
    return [...found.map(({ says }) => ({ does: `stop: ${says}` })), { does: `wait for you to run: ${alter(spec, seen)}` }]
  },
  change(spec, seen) {
    if (seen && 'refused' in seen && seen.refused === 'denied') return [{ run: seen.stop }]
    const view = spec.own ? [createView(spec.own, spec.database, spec.table)] : []
    if (seen && !('refused' in seen) && faults(spec, seen).length === 0) return [{ run: runSql(view.join('\n')) }]
    if (seen && !('refused' in seen)) {
      const told = `the table ${spec.database}.${spec.table} has another shape and is left alone: ${faults(spec, seen)
        .map(({ says }) => says)
        .join('; ')}.
Save it first, then run this as its owner, and provision again (or rename the table, and a new one is made):
${alter(spec, seen)}`
      return [{ run: `printf '%s\\n' ${quote(told)} >&2; false` }]
    }
    const columns = spec.columns.map(({ name, definition }) => `  ${sqlName(name)} ${definition}`)
    const key = `  PRIMARY KEY (${spec.key.map(sqlName).join(', ')})`
    const name = `${sqlName(spec.database)}.${sqlName(spec.table)}`
    const made = [
      `CREATE DATABASE IF NOT EXISTS ${sqlName(spec.database)} CHARACTER SET utf8mb4;`,
      `CREATE TABLE IF NOT EXISTS ${name} (\n${[...columns, key].join(',\n')}\n) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;`,
    ]
    return [{ run: runSql([...made, ...view].join('\n')) }]
  },
}

const lacksView = ({ own }: TableSpec, { view }: { readonly view: ViewSeen | undefined }): boolean =>
  own !== undefined && !(view && isOwnRows(own, view))

function columnOf([
  ,
  ,
  ,
  name = '',
  type = '',
  nullable,
  hasDefault,
  extra = '',
  charset = '',
  collation = '',
]: readonly string[]): ColumnSeen {
  return { name, type, nullable: nullable === 'YES', hasDefault: hasDefault === '1', extra, charset, collation }
}

function uniqueOf(rows: readonly (readonly string[])[]): UniqueSeen[] {
  const names = [...new Set(rows.map(row => row[3] ?? ''))]
  return names.map(name => ({ name, columns: rows.filter(row => row[3] === name).map(row => row[4] ?? '') }))
}

/**
 * A table and its database, made where they are missing; one that exists in another shape is reported and left alone. `own`: a view of
 * it, too.
 */
export function table(database: string, name: string, shape: Shape, own?: OwnRows): Resource<TableSpec, Seen> {
  return resource(tableKind, { database, table: name, ...shape, ...(own && { own }) })
}
