import { resource, type Kind, type Resource, type Shell } from '../../engine/resources/index.ts'

interface Account {
  readonly user: string
  readonly password: string
}

interface SchemaSpec {
  readonly keyspace: string
  readonly datacenter: string
  readonly replication: number
  readonly table: string
  /** Column name → type, in order. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns of the partition key: those of one day at one place lie together. */
  readonly partition: readonly string[]
  readonly admin: Account
  /** May add rows and read them, in this keyspace only. */
  readonly writer: Account
}

interface SchemaSeen {
  /** The administrator can log in; until then nothing else can be seen. */
  readonly claimed: boolean
  /** The superuser every new cluster has can still log in. */
  readonly open: boolean
  readonly writer: boolean
  readonly grants: readonly string[]
  readonly replication: string
  /** `name type kind position` of each column; none where the table is missing. */
  readonly columns: readonly string[]
}

const nothing: SchemaSeen = { claimed: false, open: true, writer: false, grants: [], replication: '', columns: [] }

/** CQL on standard input, where no process list shows it. */
function runCql(text: string, options = ''): Shell {
  return `/usr/local/bin/cql ${options}<<'.'\n${text}\n.`
}

const wantedGrants = ['MODIFY', 'SELECT']

const partitionOf = (seen: SchemaSeen) => seen.columns.flatMap(column => {
  const [name, , kind, position] = column.split(' ')
  return kind === 'partition_key' ? [{ name: name as string, position: Number(position) }] : []
}).sort((a, b) => a.position - b.position).map(({ name }) => name)

export const schemaKind: Kind<SchemaSpec, SchemaSeen> = {
  name: 'cassandra schema',
  label: spec => `${spec.keyspace}.${spec.table}`,
  ask: specs => specs.map(({ admin, writer, keyspace, table }) => `[ -x /usr/local/bin/cql ] && ${runCql(`login ${admin.user} ${admin.password}
login cassandra cassandra
login ${writer.user} ${writer.password}
SELECT keyspace_name, replication FROM system_schema.keyspaces WHERE keyspace_name = '${keyspace}';
SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = '${keyspace}' AND table_name = '${table}';
SELECT permissions FROM system_auth.role_permissions WHERE role = '${writer.user}' AND resource = 'data/${keyspace}';`, '--json ')}`).join('\n'),
  read(output, specs) {
    const rows = output.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    return specs.map(({ admin, writer, keyspace }) => {
      const logs = (user: string) => rows.some(row => row['login'] === user && row['ok'] === true)
      if (!logs(admin.user)) return nothing
      const replication = rows.find(row => row['keyspace_name'] === keyspace)?.['replication']
      return {
        claimed: true,
        open: logs('cassandra'),
        writer: logs(writer.user),
        grants: rows.flatMap(row => (Array.isArray(row['permissions']) ? row['permissions'] as string[] : [])).sort(),
        replication: replication === undefined ? '' : replicationText(replication as Readonly<Record<string, string>>),
        columns: rows.flatMap(row => (row['column_name'] === undefined ? [] : [`${String(row['column_name'])} ${String(row['type'])} ${String(row['kind'])} ${String(row['position'])}`])),
      }
    })
  },
  compare(spec, seen) {
    const changes: string[] = []
    if (!seen.claimed) changes.push(`make ${spec.admin.user} the superuser, take the default one its login`)
    else if (seen.open) changes.push('take the default superuser its login')
    if (!seen.replication) changes.push(`create keyspace ${spec.keyspace}, ${replicationText(replicationOf(spec))}`)
    else if (seen.replication !== replicationText(replicationOf(spec))) changes.push(`keyspace ${spec.keyspace}: ${seen.replication} → ${replicationText(replicationOf(spec))}`)
    if (seen.columns.length === 0) changes.push(`create table ${spec.table}`)
    else {
      const missing = Object.keys(spec.columns).filter(name => !seen.columns.some(column => column.startsWith(`${name} `)))
      const key = partitionOf(seen).join(', ')
      // A table of another shape holds somebody's data: it is told, never changed.
      if (missing.length) changes.push(`stop: table ${spec.table} exists without ${missing.join(', ')}`)
      else if (key !== spec.partition.join(', ')) changes.push(`stop: table ${spec.table} has the partition key (${key}), not (${spec.partition.join(', ')})`)
    }
    if (!seen.writer) changes.push(`let ${spec.writer.user} log in`)
    if (seen.grants.join() !== wantedGrants.join()) changes.push(`grant ${spec.writer.user} just ${wantedGrants.join(' and ')} on ${spec.keyspace}`)
    return changes.map(does => ({ does }))
  },
  change(spec, seen) {
    const { keyspace, table, admin, writer } = spec
    const partition = partitionOf(seen)
    if (seen.columns.length && (partition.join() !== spec.partition.join() || Object.keys(spec.columns).some(name => !seen.columns.some(column => column.startsWith(`${name} `)))))
      return [{ run: `echo 'the table ${keyspace}.${table} with PRIMARY KEY ((${partition.join(', ')}) …) is left alone: readings would be lost or piled up under its key. Keep it and give the new one another name (vars: cassandra: table: …), or export its rows (cql -e "SELECT * FROM ${keyspace}.${table}"), drop it yourself, and run again' >&2; false` }]
    const columns = Object.entries(spec.columns).map(([name, type]) => `  ${name} ${type}`)
    const map = `{${Object.entries(replicationOf(spec)).map(([name, value]) => `'${name}': '${value}'`).join(', ')}}`
    return [{
      run: runCql(`claim ${admin.user} ${admin.password}
CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${map};
ALTER KEYSPACE ${keyspace} WITH replication = ${map};
CREATE TABLE IF NOT EXISTS ${keyspace}.${table} (\n${columns.join(',\n')},\n  PRIMARY KEY ((${spec.partition.join(', ')}))\n);
CREATE ROLE IF NOT EXISTS ${writer.user} WITH PASSWORD = '${writer.password}' AND LOGIN = true;
ALTER ROLE ${writer.user} WITH PASSWORD = '${writer.password}' AND LOGIN = true AND SUPERUSER = false;
REVOKE ALL PERMISSIONS ON KEYSPACE ${keyspace} FROM ${writer.user};
${wantedGrants.map(right => `GRANT ${right} ON KEYSPACE ${keyspace} TO ${writer.user};`).join('\n')}`, '--wait 540 '),
      timeout: 600,
    }]
  },
}

const replicationOf = (spec: SchemaSpec) => ({ class: 'NetworkTopologyStrategy', [spec.datacenter]: String(spec.replication) })

const replicationText = (replication: Readonly<Record<string, string>>) =>
  Object.entries(replication).map(([name, value]) => (name === 'class' ? value.replace(/.*\./, '') : `${name}: ${value}`)).sort((a, b) => (b < a ? -1 : 1)).join(' ')

/** Superuser, keyspace, table and the account of producers: one question and one answer for all of them. */
export function schema(spec: SchemaSpec): Resource<SchemaSpec, SchemaSeen> {
  return resource(schemaKind, spec)
}
