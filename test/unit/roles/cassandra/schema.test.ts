import { describe, expect, it } from 'vitest'
import { writerOf } from '../../../../roles/cassandra/producers.ts'
import { schema, schemaKind } from '../../../../roles/cassandra/schema.ts'
import { readingTables } from '../../../../roles/cassandra/tables/readings.ts'
import { cassandraVars } from '../../../../roles/cassandra/vars.ts'

const writer = writerOf('collector-p1', 'secret-two', 'salt')
const { spec } = schema({
  keyspace: 'temperature',
  datacenter: 'dc1',
  replication: 1,
  tables: readingTables(cassandraVars.parse({})),
  admin: { user: 'fleet', password: 'secret-one' },
  writers: [writer],
  writersRead: false,
})

const column = (table_name: string, column_name: string, type: string, kind: string, position: number, clustering_order = 'none') => ({
  table_name,
  clustering_order,
  column_name,
  kind,
  position,
  type,
})
const table = (table_name: string, strategy: string, settings: object = {}) => ({
  table_name,
  compaction: { class: `org.apache.cassandra.db.compaction.${strategy}CompactionStrategy`, ...settings },
  default_time_to_live: 0,
  gc_grace_seconds: 864000,
})
const whole = [
  { login: 'fleet', ok: true },
  { role: 'cassandra', can_login: false },
  { keyspace_name: 'temperature', replication: { class: 'org.apache.cassandra.locator.NetworkTopologyStrategy', dc1: '1' } },
  table('reading', 'SizeTiered'),
  table('reading_by_day', 'TimeWindow', { compaction_window_size: '7', compaction_window_unit: 'DAYS' }),
  column('reading', 'reading_date', 'timestamp', 'partition_key', 1),
  column('reading', 'reading_location', 'text', 'partition_key', 0),
  column('reading', 'reading_note', 'text', 'regular', -1),
  column('reading', 'reading_value', 'double', 'regular', -1),
  column('reading_by_day', 'reading_location', 'text', 'partition_key', 0),
  column('reading_by_day', 'reading_day', 'date', 'partition_key', 1),
  column('reading_by_day', 'reading_date', 'timestamp', 'clustering', 0, 'desc'),
  column('reading_by_day', 'reading_note', 'text', 'regular', -1),
  column('reading_by_day', 'reading_value', 'double', 'regular', -1),
  { account: 'collector-p1', can_login: true, is_superuser: false, salted_hash: writer.hash },
  { holder: 'collector-p1', resource: 'data/temperature/reading', permissions: ['MODIFY'] },
  { holder: 'collector-p1', resource: 'data/temperature/reading_by_day', permissions: ['MODIFY'] },
]
const seen = (rows: readonly object[]) => {
  const [first] = schemaKind.read(rows.map(row => JSON.stringify(row)).join('\n'), [spec])
  if (!first) throw new Error('nothing was read')
  return first
}
const ran = (rows: readonly object[], wanted = spec) =>
  schemaKind
    .change(wanted, seen(rows), [])
    .map(step => ('run' in step ? step.run : 'act' in step ? 'ACT' : ''))
    .join('\n')
const told = (rows: readonly object[]) => schemaKind.compare(spec, seen(rows), []).map(({ does }) => does)

describe('schema', () => {
  it('has nothing to do where all is there', () => expect(told(whole)).toEqual([]))

  it('makes everything where nothing answers, and touches nothing that a ring it joins may have', () => {
    expect(told([])).toEqual([
      'make what is missing of: the superuser fleet (the default one loses its login), keyspace temperature, table reading, table reading_by_day, the account collector-p1',
    ])
    expect(ran([])).toContain('PRIMARY KEY ((reading_location, reading_date))')
    expect(ran([])).not.toMatch(/ALTER|REVOKE/)
  })

  it('shows no password in what it says', () => expect(told([]).join()).not.toMatch(/secret-/))

  it('reports a table with another key and leaves it alone', () => {
    const old = whole.map(row =>
      'column_name' in row && row.table_name === 'reading' && row.column_name === 'reading_date'
        ? { ...row, kind: 'clustering', position: 0, clustering_order: 'asc' }
        : row,
    )
    expect(told(old)).toEqual([
      'stop: table reading has the key ((reading_location), reading_date ASC), not ((reading_location, reading_date))',
    ])
    const [step] = schemaKind.change(spec, seen(old), [])
    expect(step && 'run' in step && step.run).toMatch(/left alone.*false$/)
    expect(step && 'run' in step && step.run).not.toContain('/usr/local/bin/cql')
  })

  it('makes the table that is missing beside the one that is there', () => {
    const before = whole.filter(row => !('table_name' in row) || row.table_name !== 'reading_by_day')
    expect(told(before)).toEqual(['create table reading_by_day'])
    expect(ran(before)).toContain(String.raw`CREATE TABLE IF NOT EXISTS \"temperature\".\"reading_by_day\"`)
    expect(ran(before)).not.toContain('ALTER TABLE')
  })

  it('shows another retention and compaction, and alters the table that is there', () => {
    const wanted = { ...spec, tables: readingTables(cassandraVars.parse({ retention: 30, compaction: 'SizeTiered' })) }
    expect(schemaKind.compare(wanted, seen(whole), []).map(({ does }) => does)).toEqual([
      'table reading_by_day: compaction TimeWindowCompactionStrategy → SizeTieredCompactionStrategy',
      'table reading_by_day: rows are kept 30 days, not for ever: those written from now on; those that are there stay for ever',
      'table reading_by_day: gc_grace_seconds 864000 → 86400',
    ])
    expect(ran(whole, wanted).match(/ALTER TABLE/g)).toHaveLength(1)
  })

  it('asks all of it with one process', () => expect(schemaKind.ask([spec]).match(/usr\/local\/bin\/cql -/g)).toHaveLength(1))

  it('takes the default superuser its login, and rights away that are too many', () => {
    expect(
      told(
        whole.map(row =>
          'role' in row ? { ...row, can_login: true } : 'permissions' in row ? { ...row, permissions: ['ALTER', 'MODIFY', 'SELECT'] } : row,
        ),
      ),
    ).toEqual(['take the default superuser its login', 'grant collector-p1 just MODIFY on reading and reading_by_day'])
  })

  const peers = (count: number) => Array.from({ length: count }, (_, index) => ({ peer: `10.0.0.${index}` }))
  const toldOf = (replication: number, rows: readonly object[]) =>
    schemaKind.compare({ ...spec, replication }, seen(rows), []).map(({ does }) => does)

  it('settles copies before anything else, and only where they are to change', () => {
    expect(toldOf(2, [...whole, ...peers(1)])).toEqual([
      'keyspace temperature: dc1: 1 NetworkTopologyStrategy → dc1: 2 NetworkTopologyStrategy, then its repair',
    ])
    expect(ran([...whole, ...peers(1)], { ...spec, replication: 2 })).toMatch(/^ACT\n[^]*CREATE KEYSPACE/)
    expect(ran(whole)).not.toContain('ACT')
  })

  it('a repair that is owed is a change', () => {
    const rows = [{ owed: 'repair-temperature', since: '5' }, ...whole]
    expect(told(rows)).toEqual(['repair of temperature that is owed'])
    expect(ran(rows)).toContain('ACT')
  })

  it('never asks for more copies than there are nodes', () => {
    expect(toldOf(3, whole)).toEqual([])
    expect(toldOf(3, [...whole, ...peers(1)])).toEqual([
      'keyspace temperature: dc1: 1 NetworkTopologyStrategy → dc1: 2 NetworkTopologyStrategy, then its repair',
    ])
  })
})
