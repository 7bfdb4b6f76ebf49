import { describe, expect, it, test } from 'vitest'
import {
  alterTable,
  askTables,
  createTable,
  drifts,
  leftAlone,
  otherShape,
  tablesSeen,
  type TableSeen,
  type TableSpec,
} from '../../../../roles/cassandra/tables/table.ts'
import { readingTables } from '../../../../roles/cassandra/tables/readings.ts'
import { cassandraVars } from '../../../../roles/cassandra/vars.ts'

const tables = (vars: object = {}) => readingTables(cassandraVars.parse(vars))
const byDay = (vars: object = {}): TableSpec => tables(vars)[1]!

const column = (table_name: string, column_name: string, type: string, kind = 'regular', position = -1, clustering_order = 'none') => ({
  table_name,
  column_name,
  type,
  kind,
  position,
  clustering_order,
})
const asMade = [
  {
    table_name: 'reading',
    compaction: { class: 'org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy', max_threshold: '32', min_threshold: '4' },
    default_time_to_live: 0,
    gc_grace_seconds: 864000,
  },
  {
    table_name: 'reading_by_day',
    default_time_to_live: 0,
    gc_grace_seconds: 864000,
    compaction: {
      class: 'org.apache.cassandra.db.compaction.TimeWindowCompactionStrategy',
      compaction_window_size: '7',
      compaction_window_unit: 'DAYS',
      max_threshold: '32',
      min_threshold: '4',
    },
  },
  column('reading', 'reading_date', 'timestamp', 'partition_key', 1),
  column('reading', 'reading_location', 'text', 'partition_key', 0),
  column('reading', 'reading_note', 'text'),
  column('reading', 'reading_value', 'double'),
  column('reading_by_day', 'reading_date', 'timestamp', 'clustering', 0, 'desc'),
  column('reading_by_day', 'reading_day', 'date', 'partition_key', 1),
  column('reading_by_day', 'reading_location', 'text', 'partition_key', 0),
  column('reading_by_day', 'reading_note', 'text'),
  column('reading_by_day', 'reading_value', 'double'),
]

/** The table by day as the server has it, with some of its rows changed. */
function seen(change: (row: Readonly<Record<string, unknown>>) => object | undefined = row => row): TableSeen {
  const found = tablesSeen(asMade.flatMap(row => change(row) ?? []) as Readonly<Record<string, unknown>>[]).get('reading_by_day')
  if (!found) throw new Error('it is not there')
  return found
}
const withColumn = (name: string, change: object) => seen(row => (row['column_name'] === name ? { ...row, ...change } : row))
const withOptions = (change: object) => seen(row => (row['compaction'] ? { ...row, ...change } : row))

describe('CQL', () => {
  it('of the tables as they are by default', () => {
    expect(tables().map(table => createTable('temperature', table).cql)).toEqual([
      'CREATE TABLE IF NOT EXISTS "temperature"."reading" (reading_location text, reading_date timestamp, reading_note text, reading_value double, ' +
        'PRIMARY KEY ((reading_location, reading_date)))',
      'CREATE TABLE IF NOT EXISTS "temperature"."reading_by_day" (reading_location text, reading_day date, reading_date timestamp, ' +
        'reading_note text, reading_value double, PRIMARY KEY ((reading_location, reading_day), reading_date)) ' +
        "WITH CLUSTERING ORDER BY (reading_date DESC) AND compaction = {'class': 'TimeWindowCompactionStrategy', " +
        "'compaction_window_unit': 'DAYS', 'compaction_window_size': '7'} AND default_time_to_live = 0 AND gc_grace_seconds = 864000",
    ])
  })

  it('asks for all tables in two statements, and for their names as values', () =>
    expect(askTables('k', ['a', 'b']).map(({ values }) => values)).toEqual([
      ['k', ['a', 'b']],
      ['k', ['a', 'b']],
    ]))
})

describe('variables', () => {
  test.each([
    [{}, { compaction_window_size: '7' }, 0, 864000],
    [{ retention: 1 }, { compaction_window_size: '1' }, 86400, 86400],
    [{ retention: 365 }, { compaction_window_size: '13' }, 365 * 86400, 86400],
    [{ retention: 365, window: 30 }, { compaction_window_size: '30' }, 365 * 86400, 86400],
    [{ compaction: 'Unified', window: 30 }, {}, 0, 864000],
  ])('%j', (vars, compaction, retention, gcGrace) => {
    const { options } = byDay(vars)
    expect(options).toMatchObject({ compaction, retention, gcGrace })
    expect(options?.compaction['compaction_window_unit']).toBe('compaction' in vars ? undefined : 'DAYS')
    // Hints for a node that is away are kept three hours.
    expect(gcGrace).toBeGreaterThan(3 * 3600)
  })

  test('the two tables are two, and a row must end before the server can no longer say when', () => {
    expect(() => tables({ table: 'degree', byDay: 'degree' })).toThrow('give them two names')
    expect(() => tables({ retention: 3650 })).toThrow()
    expect(tables({ table: 'degree', byDay: 'by_time' }).map(({ name }) => name)).toEqual(['degree', 'by_time'])
  })
})

describe('shape', () => {
  it('is seen whole', () => {
    expect(tables().map(table => otherShape(table, tablesSeen(asMade).get(table.name)!))).toEqual([[], []])
    expect(seen().key).toBe('((reading_location, reading_day), reading_date DESC)')
  })

  test.each<[string, TableSeen, string[]]>([
    ['a column of another type', withColumn('reading_value', { type: 'float' }), ['has reading_value as float, not double']],
    ['a missing column', seen(row => (row['column_name'] === 'reading_note' ? undefined : row)), ['exists without reading_note']],
    [
      'oldest first',
      withColumn('reading_date', { clustering_order: 'asc' }),
      ['has the key ((reading_location, reading_day), reading_date ASC), not ((reading_location, reading_day), reading_date DESC)'],
    ],
    [
      'the partition key in another order',
      seen(row => (row['kind'] === 'partition_key' ? { ...row, position: 1 - Number(row['position']) } : row)),
      ['has the key ((reading_day, reading_location), reading_date DESC), not ((reading_location, reading_day), reading_date DESC)'],
    ],
    [
      'a column more in the key',
      withColumn('reading_note', { kind: 'clustering', position: 1, clustering_order: 'asc' }),
      [
        'has the key ((reading_location, reading_day), reading_date DESC, reading_note ASC), not ((reading_location, reading_day), reading_date DESC)',
      ],
    ],
  ])('%s makes it another table', (_, found, how) => {
    expect(otherShape(byDay(), found)).toEqual(how)
    expect(leftAlone('temperature', byDay(), found)).toContain(
      `(it ${how[0]}). Keep it and give the new one another name (vars: cassandra: byDay: …)`,
    )
  })

  it('may have columns that somebody added', () => {
    const found = tablesSeen([...asMade, column('reading_by_day', 'calibrated', 'boolean')]).get('reading_by_day')!
    expect(otherShape(byDay(), found)).toEqual([])
  })
})

describe('options', () => {
  const told = (spec: TableSpec, found = seen()) => drifts(spec, found).map(({ does }) => does)

  it('that are as wanted are left alone, with what the server adds', () => {
    expect(told(byDay())).toEqual([])
    expect(alterTable('temperature', byDay(), seen())).toEqual([])
  })

  it('of the other table are nobody’s business', () => {
    const found = tablesSeen(asMade.map(row => ({ ...row, ...('compaction' in row && { default_time_to_live: 5 }) }))).get('reading')!
    expect(told(tables()[0]!, found)).toEqual([])
  })

  it('a retention: what it means for rows that are there, and in one statement what belongs to it', () => {
    const spec = byDay({ retention: 90 })
    expect(told(spec)).toEqual([
      'compaction TimeWindowCompactionStrategy, compaction_window_unit DAYS, compaction_window_size 7 → TimeWindowCompactionStrategy, compaction_window_unit DAYS, compaction_window_size 3',
      'rows are kept 90 days, not for ever: those written from now on; those that are there stay for ever',
      'gc_grace_seconds 864000 → 86400',
    ])
    expect(alterTable('temperature', spec, seen()).map(({ cql }) => cql)).toEqual([
      'ALTER TABLE "temperature"."reading_by_day" WITH ' +
        "compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': '3'} " +
        'AND default_time_to_live = 7776000 AND gc_grace_seconds = 86400',
    ])
    expect(told(byDay({ window: 7 }), withOptions({ default_time_to_live: 7776000 }))).toEqual([
      'rows are kept for ever, not 90 days: those written from now on; those that are there still go 90 days after they were written',
    ])
    expect(told(byDay({ window: 7 }), withOptions({ default_time_to_live: 7 }))[0]).toContain('not 7 s')
  })

  it('another strategy', () => {
    expect(told(byDay({ compaction: 'SizeTiered' }))).toEqual(['compaction TimeWindowCompactionStrategy → SizeTieredCompactionStrategy'])
    expect(told(byDay(), withOptions({ compaction: { class: 'x.y.LeveledCompactionStrategy', sstable_size_in_mb: '160' } }))).toEqual([
      'compaction LeveledCompactionStrategy → TimeWindowCompactionStrategy, compaction_window_unit DAYS, compaction_window_size 7',
    ])
  })
})
