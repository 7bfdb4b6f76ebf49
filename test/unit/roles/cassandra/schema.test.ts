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
  { login: 'fleet', ok: true }, { login: 'cassandra', ok: false }, { login: 'collector', ok: true },
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
const told = (rows: readonly object[]) => schemaKind.compare(spec, seen(rows), []).map(({ does }) => does)

describe('schema', () => {
  it('has nothing to do where all is there', () => expect(told(whole)).toEqual([]))

  it('makes everything where nothing answers', () => {
    expect(told([])).toEqual([
      'make fleet the superuser, take the default one its login',
      'create keyspace temperature, dc1: 1 NetworkTopologyStrategy',
      'create table reading',
      'let collector log in',
      'grant collector just MODIFY and SELECT on temperature',
    ])
    const [step] = schemaKind.change(spec, seen([]), [])
    expect(step && 'run' in step && step.run).toContain('PRIMARY KEY ((reading_location, reading_date))')
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
    expect(told(whole.map(row => ('login' in row && row.login === 'cassandra' ? { ...row, ok: true } : 'permissions' in row ? { permissions: ['ALTER', 'MODIFY', 'SELECT'] } : row)))).toEqual([
      'take the default superuser its login', 'grant collector just MODIFY and SELECT on temperature',
    ])
  })

  it('changes the number of copies', () => {
    const [first] = schemaKind.read(whole.map(row => JSON.stringify(row)).join('\n'), [spec])
    expect(first && schemaKind.compare({ ...spec, replication: 2 }, first, []).map(({ does }) => does)).toEqual(['keyspace temperature: dc1: 1 NetworkTopologyStrategy → dc1: 2 NetworkTopologyStrategy'])
  })
})
