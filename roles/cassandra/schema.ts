import { resource, type Kind, type Resource, type Step } from '../../engine/resources/index.ts'
import { admit, writerCql, type Account } from './accounts.ts'
import { asksOwedRepairs, copiesQuestion, readCopies, repairOwedAccounts, rowsOf, settleCopies, toldOfCopies, wantedReplication, type CopiesSeen, type CopiesSpec } from './copies.ts'
import { loginWord, runCql } from './cql/run.ts'
import { replicationMap, replicationText } from './system-keyspaces.ts'

interface SchemaSpec extends CopiesSpec {
  readonly table: string
  /** Column name → type, in order. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns of the partition key: those of one day at one place lie together. */
  readonly partition: readonly string[]
  readonly admin: Account
  /** May add rows and read them, in this keyspace only. */
  readonly writer: Account
}

interface SchemaSeen extends CopiesSeen {
  /** The administrator can log in; until then nothing else can be seen. */
  readonly claimed: boolean
  /** The superuser every new cluster has may still log in. */
  readonly open: boolean
  readonly writer: boolean
  readonly grants: readonly string[]
  /** `name type kind position` of each column; none where the table is missing. */
  readonly columns: readonly string[]
}

const nothing: SchemaSeen = { claimed: false, open: true, writer: false, grants: [], nodes: 0, replications: new Map(), owed: [], columns: [] }

const wantedGrants = ['MODIFY', 'SELECT']

const partitionOf = (seen: SchemaSeen) => seen.columns.flatMap(column => {
  const [name, , kind, position] = column.split(' ')
  return kind === 'partition_key' ? [{ name: name as string, position: Number(position) }] : []
}).sort((a, b) => a.position - b.position).map(({ name }) => name)

const missingOf = (spec: SchemaSpec, seen: SchemaSeen) => Object.keys(spec.columns).filter(name => !seen.columns.some(column => column.startsWith(`${name} `)))

export const schemaKind: Kind<SchemaSpec, SchemaSeen> = {
  name: 'cassandra schema',
  label: spec => `${spec.keyspace}.${spec.table}`,
  ask: specs => [asksOwedRepairs, ...specs.map(({ admin, writer, keyspace, table }) => `[ -x /usr/local/bin/cql ] && ${runCql(`${loginWord(admin.user, admin.password)}
${loginWord(writer.user, writer.password)}
SELECT role, can_login FROM system_auth.roles WHERE role = 'cassandra';
${copiesQuestion(keyspace)}
SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = '${keyspace}' AND table_name = '${table}';
SELECT permissions FROM system_auth.role_permissions WHERE role = '${writer.user}' AND resource = 'data/${keyspace}';`, '--json ')}`)].join('\n'),
  read(output, specs) {
    const rows = rowsOf(output)
    return specs.map(({ admin, writer }) => {
      const logs = (user: string) => rows.some(row => row['login'] === user && row['ok'] === true)
      if (!logs(admin.user)) return nothing
      return {
        ...readCopies(rows),
        claimed: true,
        open: rows.some(row => row['role'] === 'cassandra' && row['can_login'] === true),
        writer: logs(writer.user),
        grants: rows.flatMap(row => (Array.isArray(row['permissions']) ? row['permissions'] as string[] : [])).sort(),
        columns: rows.flatMap(row => (row['column_name'] === undefined ? [] : [`${String(row['column_name'])} ${String(row['type'])} ${String(row['kind'])} ${String(row['position'])}`])),
      }
    })
  },
  compare(spec, seen) {
    const { keyspace, table, admin, writer } = spec
    if (!seen.claimed)
      return [{ does: `make what is missing of: the superuser ${admin.user} (the default one loses its login), keyspace ${keyspace}, table ${table}, the account ${writer.user}` }]
    const changes: string[] = []
    if (seen.open) changes.push('take the default superuser its login')
    if (!seen.replications.has(keyspace)) changes.push(`create keyspace ${keyspace}, ${replicationText(wantedReplication(spec, seen.nodes))}`)
    changes.push(...toldOfCopies(spec, seen))
    if (seen.columns.length === 0) changes.push(`create table ${table}`)
    else {
      const missing = missingOf(spec, seen)
      const key = partitionOf(seen).join(', ')
      // A table of another shape holds somebody's data: it is told, never changed.
      if (missing.length) changes.push(`stop: table ${table} exists without ${missing.join(', ')}`)
      else if (key !== spec.partition.join(', ')) changes.push(`stop: table ${table} has the partition key (${key}), not (${spec.partition.join(', ')})`)
    }
    if (!seen.writer) changes.push(`let ${writer.user} log in`)
    if (seen.grants.join() !== wantedGrants.join()) changes.push(`grant ${writer.user} just ${wantedGrants.join(' and ')} on ${keyspace}`)
    return changes.map(does => ({ does }))
  },
  change(spec, seen) {
    const { keyspace, table, admin, writer } = spec
    const partition = partitionOf(seen)
    if (seen.columns.length && (partition.join() !== spec.partition.join() || missingOf(spec, seen).length))
      return [{ run: `echo 'the table ${keyspace}.${table} with PRIMARY KEY ((${partition.join(', ')}) …) is left alone: readings would be lost or piled up under its key. Keep it and give the new one another name (vars: cassandra: table: …), or export its rows (cql -e "SELECT * FROM ${keyspace}.${table}"), drop it yourself, and run again' >&2; false` }]
    const columns = Object.entries(spec.columns).map(([name, type]) => `  ${name} ${type}`)
    // A node that was not running may have joined a ring that has all of this: what is there already is not touched before it is seen.
    const words = [
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replicationMap(wantedReplication(spec, seen.nodes))};`,
      `CREATE TABLE IF NOT EXISTS ${keyspace}.${table} (\n${columns.join(',\n')},\n  PRIMARY KEY ((${spec.partition.join(', ')}))\n);`,
      ...writerCql(writer, keyspace, wantedGrants, seen.claimed ? { logsIn: seen.writer, grants: seen.grants } : undefined),
    ]
    const steps: Step[] = [
      ...(seen.claimed ? [] : [{ act: repairOwedAccounts }]),
      ...(!seen.claimed || seen.open ? [{ act: admit(admin) }] : []),
      ...(!seen.claimed || toldOfCopies(spec, seen).length ? [{ act: settleCopies(spec) }] : []),
      { run: runCql(words.join('\n'), '--wait 60 '), timeout: 120 },
    ]
    return steps
  },
}

/** Superuser, keyspace, table, the account of producers and copies of what the server keeps itself: one question and one answer for all of them. */
export function schema(spec: SchemaSpec): Resource<SchemaSpec, SchemaSeen> {
  return resource(schemaKind, spec)
}
