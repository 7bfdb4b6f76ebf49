import { resource, type Kind, type Resource, type Shell, type Step } from '../../engine/resources/index.ts'
import { repair } from './repair.ts'
import { systemKeyspaces } from './ring/index.ts'
import { copiesIn, misfits, replicationMap, replicationOf, replicationText, type Replication } from './system-keyspaces.ts'

interface Account {
  readonly user: string
  readonly password: string
}

interface SchemaSpec {
  readonly keyspace: string
  readonly datacenter: string
  /** Copies that are wanted; there are never more than nodes. */
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
  /** Nodes of the ring, up or not. */
  readonly nodes: number
  /** Of the keyspace and of those the server makes, where they are there. */
  readonly replications: ReadonlyMap<string, Replication>
  /** `name type kind position` of each column; none where the table is missing. */
  readonly columns: readonly string[]
}

const nothing: SchemaSeen = { claimed: false, open: true, writer: false, grants: [], nodes: 0, replications: new Map(), columns: [] }

/** CQL on standard input, where no process list shows it. */
function runCql(text: string, options = ''): Shell {
  return `/usr/local/bin/cql ${options}<<'.'\n${text}\n.`
}

const wantedGrants = ['MODIFY', 'SELECT']

const partitionOf = (seen: SchemaSeen) => seen.columns.flatMap(column => {
  const [name, , kind, position] = column.split(' ')
  return kind === 'partition_key' ? [{ name: name as string, position: Number(position) }] : []
}).sort((a, b) => a.position - b.position).map(({ name }) => name)

const missingOf = (spec: SchemaSpec, seen: SchemaSeen) => Object.keys(spec.columns).filter(name => !seen.columns.some(column => column.startsWith(`${name} `)))

const wantedReplication = (spec: SchemaSpec, seen: SchemaSeen) => replicationOf(spec.datacenter, Math.max(1, Math.min(spec.replication, seen.nodes)))

interface Altered {
  readonly keyspace: string
  readonly from: Replication
  readonly to: Replication
}

/** Keyspaces whose copies are to change, the own one first. */
function altered(spec: SchemaSpec, seen: SchemaSeen): Altered[] {
  const from = seen.replications.get(spec.keyspace)
  const to = wantedReplication(spec, seen)
  return [
    ...(from && replicationText(from) !== replicationText(to) ? [{ keyspace: spec.keyspace, from, to }] : []),
    ...misfits(seen.replications, spec.datacenter),
  ]
}

export const schemaKind: Kind<SchemaSpec, SchemaSeen> = {
  name: 'cassandra schema',
  label: spec => `${spec.keyspace}.${spec.table}`,
  ask: specs => specs.map(({ admin, writer, keyspace, table }) => `[ -x /usr/local/bin/cql ] && ${runCql(`login ${admin.user} ${admin.password}
login cassandra cassandra
login ${writer.user} ${writer.password}
SELECT peer FROM system.peers_v2;
SELECT keyspace_name, replication FROM system_schema.keyspaces WHERE keyspace_name IN (${[keyspace, ...systemKeyspaces].map(name => `'${name}'`).join(', ')});
SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = '${keyspace}' AND table_name = '${table}';
SELECT permissions FROM system_auth.role_permissions WHERE role = '${writer.user}' AND resource = 'data/${keyspace}';`, '--json ')}`).join('\n'),
  read(output, specs) {
    const rows = output.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    return specs.map(({ admin, writer }) => {
      const logs = (user: string) => rows.some(row => row['login'] === user && row['ok'] === true)
      if (!logs(admin.user)) return nothing
      return {
        claimed: true,
        open: logs('cassandra'),
        writer: logs(writer.user),
        grants: rows.flatMap(row => (Array.isArray(row['permissions']) ? row['permissions'] as string[] : [])).sort(),
        nodes: rows.filter(row => row['peer'] !== undefined).length + 1,
        replications: new Map(rows.flatMap(row => (row['keyspace_name'] === undefined ? [] : [[String(row['keyspace_name']), row['replication'] as Replication] as const]))),
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
    if (!seen.replications.has(keyspace)) changes.push(`create keyspace ${keyspace}, ${replicationText(wantedReplication(spec, seen))}`)
    for (const { keyspace: name, from, to } of altered(spec, seen)) changes.push(`keyspace ${name}: ${replicationText(from)} → ${replicationText(to)}`)
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
    const alters = altered(spec, seen)
    // A node that was not running may have joined a ring that has all of this: what is there already is not touched before it is seen.
    const words = [
      `claim ${admin.user} ${admin.password}`,
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replicationMap(wantedReplication(spec, seen))};`,
      ...alters.map(({ keyspace: name, to }) => `ALTER KEYSPACE ${name} WITH replication = ${replicationMap(to)};`),
      `CREATE TABLE IF NOT EXISTS ${keyspace}.${table} (\n${columns.join(',\n')},\n  PRIMARY KEY ((${spec.partition.join(', ')}))\n);`,
      `CREATE ROLE IF NOT EXISTS ${writer.user} WITH PASSWORD = '${writer.password}' AND LOGIN = true;`,
      ...(seen.claimed && !seen.writer ? [`ALTER ROLE ${writer.user} WITH PASSWORD = '${writer.password}' AND LOGIN = true AND SUPERUSER = false;`] : []),
      ...(seen.claimed && seen.grants.some(right => !wantedGrants.includes(right)) ? [`REVOKE ALL PERMISSIONS ON KEYSPACE ${keyspace} FROM ${writer.user};`] : []),
      ...wantedGrants.map(right => `GRANT ${right} ON KEYSPACE ${keyspace} TO ${writer.user};`),
    ]
    const raised = alters.filter(({ from, to }) => copiesIn(to) > copiesIn(from) && seen.nodes > 1).map(({ keyspace: name }) => name)
    const steps: Step[] = [
      // The server refuses it as well, in words that name no node.
      ...(alters.length && seen.nodes > 1 ? [{ run: whole }] : []),
      { run: runCql(words.join('\n'), '--wait 540 '), timeout: 600 },
      ...raised.filter(name => name === keyspace || name === 'system_auth').map(name => ({ act: repair(name) })),
    ]
    return steps
  },
}

const whole: Shell = `away=$(/usr/local/bin/nodetool status 2>/dev/null | grep -E '^[UD?][NLJM] ' | grep -v '^UN' | cut -c1-30)
[ -z "$away" ] || { printf 'numbers of copies can only be changed while every node is up and normal; now:\\n%s\\nBring that node back, or give it up: nodetool removenode\\n' "$away" >&2; false; }`

/** Superuser, keyspace, table, the account of producers and copies of what the server keeps itself: one question and one answer for all of them. */
export function schema(spec: SchemaSpec): Resource<SchemaSpec, SchemaSeen> {
  return resource(schemaKind, spec)
}
