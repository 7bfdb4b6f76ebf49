import { sqlName, sqlText } from './sql.ts'
import { accountPrefix } from './vars.ts'

/**
 * Through this view producers write. It holds the rows of the one who asks, by the name he logged in with, and with its check option
 * takes no others: a producer can neither read another's readings nor take their keys before they come. MariaDB's grants know tables and
 * columns, no rows.
 */
export interface OwnRows {
  readonly view: string
  readonly columns: readonly string[]
  /** The column with the producer's name. */
  readonly owner: string
}

/** What is there of it. */
export interface ViewSeen {
  readonly definition: string
  readonly security: string
  readonly check: string
}

/** `CREATE OR REPLACE`: from whatever stands there to the view that is wanted. */
export function createView({ view, columns, owner }: OwnRows, database: string, table: string): string {
  const who = `CONVERT(SUBSTR(SUBSTRING_INDEX(USER(), '@', 1), ${accountPrefix.length + 1}) USING utf8mb4)`
  return `CREATE OR REPLACE ALGORITHM = MERGE SQL SECURITY DEFINER VIEW ${sqlName(database)}.${sqlName(view)} AS
SELECT ${columns.map(sqlName).join(', ')} FROM ${sqlName(database)}.${sqlName(table)} WHERE ${sqlName(owner)} = ${who} WITH CASCADED CHECK OPTION;`
}

/** All views: a row each of database, name, and what `viewOf` reads. */
export const askViews = (others: string): string =>
  `SELECT 'view', TABLE_SCHEMA, TABLE_NAME, SECURITY_TYPE, CHECK_OPTION, REPLACE(VIEW_DEFINITION, '\\n', ' ')
FROM information_schema.VIEWS WHERE TABLE_SCHEMA ${others};`

export const viewOf = ([, , , security = '', check = '', definition = '']: readonly string[]): ViewSeen => ({ security, check, definition })

/**
 * Is it what `createView` makes? Each release of the server spells a definition in its own way, so that only what matters is looked for.
 */
export function isOwnRows({ columns, owner }: OwnRows, { security, check, definition }: ViewSeen): boolean {
  const text = definition.toLowerCase().replaceAll(/[`\s]/g, '')
  const [, where = ''] = text.split('where')
  const who = `substring_index(user(),${sqlText('@')},1),${accountPrefix.length + 1})`
  const limited = where.includes(`${owner}=`) && where.includes(who) && !/\bor\b/i.test(definition)
  return limited && security === 'DEFINER' && check === 'CASCADED' && columns.every(column => text.includes(column))
}
