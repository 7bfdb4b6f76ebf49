import { statement, type Statement } from '../cql/asked.ts'
import { cqlMap, cqlName } from '../cql/literals.ts'

/** What a table should be. */
export interface TableSpec {
  readonly name: string
  /** The variable of the role that names it, for who must give it another name. */
  readonly variable: string
  /** Column name → type, in order. */
  readonly columns: Readonly<Record<string, string>>
  /** The partition key, in order: rows that are alike in it lie together on one node. */
  readonly partition: readonly string[]
  /** Columns that order the rows of a partition → which end comes first. */
  readonly clustering: Readonly<Record<string, 'ASC' | 'DESC'>>
  /** Options that are ours; the others stay what somebody made them. */
  readonly options?: TableOptions
}

export interface TableOptions {
  /** Class without its package, and its settings. */
  readonly compaction: Readonly<Record<string, string>>
  /** Seconds until a row expires, counted from when it is written; 0: never. */
  readonly retention: number
  /** Seconds until the mark of an expired or deleted row may be forgotten. */
  readonly gcGrace: number
}

/** A table as the server describes it. */
export interface TableSeen {
  readonly columns: Readonly<Record<string, string>>
  /** As in CQL, with the order of each clustering column: `((place), at DESC)`. */
  readonly key: string
  readonly options: TableOptions
}

type Row = Readonly<Record<string, unknown>>

const days = 86_400

/** The statements that ask for tables: `tablesSeen` reads their rows. */
export function askTables(keyspace: string, names: readonly string[]): readonly Statement[] {
  const where = 'WHERE keyspace_name = ? AND table_name IN ?'
  return [
    statement(`SELECT table_name, compaction, default_time_to_live, gc_grace_seconds FROM system_schema.tables ${where}`, keyspace, names),
    statement(
      `SELECT table_name, column_name, type, kind, position, clustering_order FROM system_schema.columns ${where}`,
      keyspace,
      names,
    ),
  ]
}

/** The tables that rows of `askTables` describe, among rows of other questions. */
export function tablesSeen(rows: readonly Row[]): ReadonlyMap<string, TableSeen> {
  return new Map(
    rows.flatMap(row =>
      row['compaction'] === undefined
        ? []
        : [
            [
              String(row['table_name']),
              tableSeen(
                row,
                rows.filter(each => each['column_name'] !== undefined && each['table_name'] === row['table_name']),
              ),
            ] as const,
          ],
    ),
  )
}

function tableSeen(row: Row, columns: readonly Row[]): TableSeen {
  const { class: strategy = '', ...settings } = row['compaction'] as Readonly<Record<string, string>>
  const part = (kind: string) =>
    columns.filter(column => column['kind'] === kind).sort((a, b) => Number(a['position']) - Number(b['position']))
  return {
    columns: Object.fromEntries(columns.map(column => [String(column['column_name']), String(column['type'])])),
    key: keyText(
      part('partition_key').map(column => String(column['column_name'])),
      part('clustering').map(column => `${String(column['column_name'])} ${String(column['clustering_order']).toUpperCase()}`),
    ),
    options: {
      compaction: { class: strategy.replace(/.*\./, ''), ...settings },
      retention: Number(row['default_time_to_live']),
      gcGrace: Number(row['gc_grace_seconds']),
    },
  }
}

const keyText = (partition: readonly string[], clustering: readonly string[]) =>
  `(${[`(${partition.join(', ')})`, ...clustering].join(', ')})`

const orderOf = ({ clustering }: TableSpec) => Object.entries(clustering).map(([name, order]) => `${name} ${order}`)

/**
 * What makes a table another one than is wanted, in words that follow its name. Columns more than are wanted are somebody's, and in
 * nobody's way.
 */
export function otherShape(spec: TableSpec, seen: TableSeen): readonly string[] {
  const wanted = Object.entries(spec.columns)
  const missing = wanted.filter(([name]) => seen.columns[name] === undefined).map(([name]) => name)
  const key = keyText(spec.partition, orderOf(spec))
  return [
    ...(missing.length ? [`exists without ${missing.join(', ')}`] : []),
    ...wanted.flatMap(([name, type]) =>
      seen.columns[name] === undefined || seen.columns[name] === type ? [] : [`has ${name} as ${seen.columns[name]}, not ${type}`],
    ),
    ...(seen.key === key ? [] : [`has the key ${seen.key}, not ${key}`]),
  ]
}

/** An option of a table that is not as wanted. */
interface Drift {
  /** For a plan, in words that follow the table's name. */
  readonly does: string
  readonly cql: string
}

/** The options of ours that are not as wanted. */
export function drifts({ options: wanted }: TableSpec, { options: seen }: TableSeen): readonly Drift[] {
  if (!wanted) return []
  // The server adds settings of its own to those it was given.
  const own = Object.fromEntries(
    Object.keys(wanted.compaction).flatMap(name => (seen.compaction[name] === undefined ? [] : [[name, seen.compaction[name]]])),
  )
  return [
    ...(compactionText(own) === compactionText(wanted.compaction)
      ? []
      : [{ does: `compaction ${compactionText(own)} → ${compactionText(wanted.compaction)}`, cql: compactionCql(wanted) }]),
    ...(seen.retention === wanted.retention ? [] : [{ does: retentionText(seen.retention, wanted.retention), cql: retentionCql(wanted) }]),
    ...(seen.gcGrace === wanted.gcGrace ? [] : [{ does: `gc_grace_seconds ${seen.gcGrace} → ${wanted.gcGrace}`, cql: gcGraceCql(wanted) }]),
  ]
}

const compactionText = (compaction: TableOptions['compaction']) =>
  Object.entries(compaction)
    .map(([name, value]) => (name === 'class' ? value : `${name} ${value}`))
    .join(', ')

/** A row carries its own end since it was written, so another retention says nothing of those that are there. */
function retentionText(from: number, to: number): string {
  const kept = (seconds: number) => (seconds === 0 ? 'for ever' : seconds % days === 0 ? `${seconds / days} days` : `${seconds} s`)
  const there = from === 0 ? 'stay for ever' : `still go ${kept(from)} after they were written`
  return `rows are kept ${kept(to)}, not ${kept(from)}: those written from now on; those that are there ${there}`
}

const compactionCql = ({ compaction }: TableOptions) => `compaction = ${cqlMap(compaction)}`
const retentionCql = ({ retention }: TableOptions) => `default_time_to_live = ${retention}`
const gcGraceCql = ({ gcGrace }: TableOptions) => `gc_grace_seconds = ${gcGrace}`

const nameOf = (keyspace: string, { name }: TableSpec) => `${cqlName(keyspace)}.${cqlName(name)}`

/** Makes a table; one that is there already stays as it is. */
export function createTable(keyspace: string, spec: TableSpec): Statement {
  const order = orderOf(spec)
  const lines = [
    ...Object.entries(spec.columns).map(([name, type]) => `${name} ${type}`),
    `PRIMARY KEY ${keyText(spec.partition, Object.keys(spec.clustering))}`,
  ]
  const options = [
    ...(order.length ? [`CLUSTERING ORDER BY (${order.join(', ')})`] : []),
    ...(spec.options ? [compactionCql(spec.options), retentionCql(spec.options), gcGraceCql(spec.options)] : []),
  ]
  return statement(
    `CREATE TABLE IF NOT EXISTS ${nameOf(keyspace, spec)} (${lines.join(', ')})${options.length ? ` WITH ${options.join(' AND ')}` : ''}`,
  )
}

/** Sets the options that are not as wanted; nothing where all are. */
export function alterTable(keyspace: string, spec: TableSpec, seen: TableSeen): readonly Statement[] {
  const changes = drifts(spec, seen)
  return changes.length ? [statement(`ALTER TABLE ${nameOf(keyspace, spec)} WITH ${changes.map(({ cql }) => cql).join(' AND ')}`)] : []
}

/** What to do with a table that is not the one wanted: it holds somebody's rows, so it is never changed. */
export function leftAlone(keyspace: string, spec: TableSpec, seen: TableSeen): string {
  const name = `${keyspace}.${spec.name}`
  return (
    `the table ${name} is left alone, for it is another one (it ${otherShape(spec, seen).join('; it ')}). ` +
    `Keep it and give the new one another name (vars: cassandra: ${spec.variable}: …), ` +
    `or export its rows (cql -e "SELECT * FROM ${name}"), drop it yourself, and run again`
  )
}
