import { describe, expect, it } from 'vitest'
import { schema, schemaKind } from '../../../../roles/cassandra/schema.ts'

const { spec } = schema({
  keyspace: 'temperature', datacenter: 'dc1', replication: 1, table: 'reading',
  columns: { reading_location: 'text', reading_date: 'timestamp', reading_note: 'text', reading_value: 'double' },
  partition: ['reading_location', 'reading_date'],
  admin: { user: 'fleet', password: 'secret-one' }, writer: { user: 'collector', password: 'secret-two' },
})

const column = (column_name: string, type: string, kind: string, position: number) => ({ column_name, kind, position, type })
const whole = [
  { login: 'fleet', ok: true }, { login: 'collector', ok: true }, { role: 'cassandra', can_login: false },
  { keyspace_name: 'temperature', replication: { class: 'org.apache.cassandra.locator.NetworkTopologyStrategy', dc1: '1' } },
  column('reading_date', 'timestamp', 'partition_key', 1), column('reading_location', 'text', 'partition_key', 0),
  column('reading_note', 'text', 'regular', -1), column('reading_value', 'double', 'regular', -1),
  { permissions: ['SELECT', 'MODIFY'] },
]
const seen = (rows: readonly object[]) => {
  const [first] = schemaKind.read(rows.map(row => JSON.stringify(row)).join('\n'), [spec])
  if (!first) throw new Error('nothing was read')
  return first
}
const ran = (rows: readonly object[], wanted = spec) => schemaKind.change(wanted, seen(rows), []).map(step => ('run' in step ? step.run : 'act' in step ? 'ACT' : '')).join('\n')
const told = (rows: readonly object[]) => schemaKind.compare(spec, seen(rows), []).map(({ does }) => does)

describe('schema', () => {
  it('has nothing to do where all is there', () => expect(told(whole)).toEqual([]))

  it('makes everything where nothing answers, and touches nothing that a ring it joins may have', () => {
    expect(told([])).toEqual(['make what is missing of: the superuser fleet (the default one loses its login), keyspace temperature, table reading, the account collector'])
    expect(ran([])).toContain('PRIMARY KEY ((reading_location, reading_date))')
    expect(ran([])).not.toMatch(/ALTER|REVOKE/)
  })

  it('shows no password in what it says', () => expect(told([]).join()).not.toMatch(/secret-/))

  it('reports a table with another key and leaves it alone', () => {
    const old = whole.map(row => ('column_name' in row && row.column_name === 'reading_date' ? { ...row, kind: 'clustering', position: 0 } : row))
    expect(told(old)).toEqual(['stop: table reading has the partition key (reading_location), not (reading_location, reading_date)'])
    const [step] = schemaKind.change(spec, seen(old), [])
    expect(step && 'run' in step && step.run).toMatch(/left alone.*false$/)
    expect(step && 'run' in step && step.run).not.toContain('/usr/local/bin/cql')
  })

  it('takes the default superuser its login, and rights away that are too many', () => {
    expect(told(whole.map(row => ('role' in row ? { ...row, can_login: true } : 'permissions' in row ? { permissions: ['ALTER', 'MODIFY', 'SELECT'] } : row)))).toEqual([
      'take the default superuser its login', 'grant collector just MODIFY and SELECT on temperature',
    ])
  })

  const peers = (count: number) => Array.from({ length: count }, (_, index) => ({ peer: `10.0.0.${index}` }))
  const toldOf = (replication: number, rows: readonly object[]) => schemaKind.compare({ ...spec, replication }, seen(rows), []).map(({ does }) => does)

  it('settles copies before anything else, and only where they are to change', () => {
    expect(toldOf(2, [...whole, ...peers(1)])).toEqual(['keyspace temperature: dc1: 1 NetworkTopologyStrategy → dc1: 2 NetworkTopologyStrategy, then its repair'])
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
    expect(toldOf(3, [...whole, ...peers(1)])).toEqual(['keyspace temperature: dc1: 1 NetworkTopologyStrategy → dc1: 2 NetworkTopologyStrategy, then its repair'])
  })

  it('keeps a password in one piece, whatever it holds', () => {
    const password = "a b'; DROP KEYSPACE temperature; --"
    expect(ran([], { ...spec, writer: { user: 'collector', password } })).toContain("WITH PASSWORD = 'a b''; DROP KEYSPACE temperature; --' AND")
    expect(schemaKind.ask([{ ...spec, writer: { user: 'collector', password } }])).toContain(`login ["collector","a b'; DROP KEYSPACE temperature; --"]\n`)
  })
})
