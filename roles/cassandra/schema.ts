import { resource, type Kind, type Resource, type Shell, type Step } from '../../engine/resources/index.ts'
import { repair } from './repair.ts'
import { systemKeyspaces } from './ring/index.ts'
import { copiesIn, misfits, replicationMap, replicationOf, replicationText, type Replication } from './system-keyspaces.ts'
import { alterTable, askTables, createTable, drifts, leftAlone, otherShape, tablesSeen, type TableSeen, type TableSpec } from './tables/table.ts'

interface Account {
  readonly user: string
  readonly password: string
}

interface SchemaSpec {
  readonly keyspace: string
  readonly datacenter: string
  /** Copies that are wanted; there are never more than nodes. */
  readonly replication: number
  readonly tables: readonly TableSpec[]
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
  /** By name; of those that are wanted. */
  readonly tables: ReadonlyMap<string, TableSeen>
}

const nothing: SchemaSeen = { claimed: false, open: true, writer: false, grants: [], nodes: 0, replications: new Map(), tables: new Map() }

/** CQL on standard input, where no process list shows it. */
function runCql(text: string, options = ''): Shell {
  return `/usr/local/bin/cql ${options}<<'.'\n${text}\n.`
}

/** Says lines as an error; quotes in them must not end the shell's own. */
const complain = (lines: readonly string[]): Shell => lines.map(line => `echo '${line.replaceAll("'", "'\\''")}' >&2`).join('; ')

const wantedGrants = ['MODIFY', 'SELECT']

/** The wanted tables that are there, with how they are. */
const thereOf = ({ tables }: SchemaSpec, seen: SchemaSeen) => tables.flatMap(table => {
  const found = seen.tables.get(table.name)
  return found ? [{ table, found }] : []
})

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
    ...misfits(seen.replications, seen.nodes, spec.datacenter),
  ]
}

export const schemaKind: Kind<SchemaSpec, SchemaSeen> = {
  name: 'cassandra schema',
  label: spec => spec.keyspace,
  ask: specs => specs.map(({ admin, writer, keyspace, tables }) => `[ -x /usr/local/bin/cql ] && ${runCql(`login ${admin.user} ${admin.password}
login cassandra cassandra
login ${writer.user} ${writer.password}
SELECT peer FROM system.peers_v2;
SELECT keyspace_name, replication FROM system_schema.keyspaces WHERE keyspace_name IN (${[keyspace, ...systemKeyspaces].map(name => `'${name}'`).join(', ')});
${askTables(keyspace, tables.map(({ name }) => name))}
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
        tables: tablesSeen(rows),
      }
    })
  },
  compare(spec, seen) {
    const { keyspace, tables, admin, writer } = spec
    if (!seen.claimed)
      return [{ does: `make what is missing of: the superuser ${admin.user} (the default one loses its login), keyspace ${keyspace}, ${tables.map(({ name }) => `table ${name}`).join(', ')}, the account ${writer.user}` }]
    const changes: string[] = []
    if (seen.open) changes.push('take the default superuser its login')
    if (!seen.replications.has(keyspace)) changes.push(`create keyspace ${keyspace}, ${replicationText(wantedReplication(spec, seen))}`)
    for (const { keyspace: name, from, to } of altered(spec, seen)) changes.push(`keyspace ${name}: ${replicationText(from)} → ${replicationText(to)}`)
    for (const { name } of tables) if (!seen.tables.has(name)) changes.push(`create table ${name}`)
    for (const { table, found } of thereOf(spec, seen)) {
      const other = otherShape(table, found)
      // A table of another shape holds somebody's data: it is told, never changed.
      changes.push(...(other.length ? other.map(how => `stop: table ${table.name} ${how}`) : drifts(table, found).map(({ does }) => `table ${table.name}: ${does}`)))
    }
    if (!seen.writer) changes.push(`let ${writer.user} log in`)
    if (seen.grants.join() !== wantedGrants.join()) changes.push(`grant ${writer.user} just ${wantedGrants.join(' and ')} on ${keyspace}`)
    return changes.map(does => ({ does }))
  },
  change(spec, seen) {
    const { keyspace, tables, admin, writer } = spec
    const there = thereOf(spec, seen)
    const other = there.filter(({ table, found }) => otherShape(table, found).length > 0)
    if (other.length) return [{ run: `${complain(other.map(({ table, found }) => leftAlone(keyspace, table, found)))}; false` }]
    const alters = altered(spec, seen)
    // A node that was not running may have joined a ring that has all of this: what is there already is not touched before it is seen.
    const words = [
      `claim ${admin.user} ${admin.password}`,
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replicationMap(wantedReplication(spec, seen))};`,
      ...alters.map(({ keyspace: name, to }) => `ALTER KEYSPACE ${name} WITH replication = ${replicationMap(to)};`),
      ...tables.map(table => createTable(keyspace, table)),
      ...there.flatMap(({ table, found }) => alterTable(keyspace, table, found)),
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

/** Superuser, keyspace, tables, the account of producers and copies of what the server keeps itself: one question and one answer for all of them. */
export function schema(spec: SchemaSpec): Resource<SchemaSpec, SchemaSeen> {
  return resource(schemaKind, spec)
}
