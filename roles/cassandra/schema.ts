import { resource, type Kind, type Resource, type Shell, type Step } from '../../engine/resources/index.ts'
import { admit, type Account } from './accounts.ts'
import { rowsOf } from './answer.ts'
import {
  asksOwedRepairs,
  copiesQuestion,
  readCopies,
  repairOwedAccounts,
  settleCopies,
  toldOfCopies,
  wantedReplication,
  type CopiesSeen,
  type CopiesSpec,
} from './copies.ts'
import { login, statement } from './cql/asked.ts'
import { cqlMap, cqlName } from './cql/literals.ts'
import { runCql } from './cql/run.ts'
import {
  noWriters,
  readWriters,
  writerChanges,
  writersCql,
  writersQuestion,
  type Rights,
  type Writer,
  type WritersSeen,
} from './producers.ts'
import { replicationText } from './system-keyspaces.ts'
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
} from './tables/table.ts'

interface SchemaSpec extends CopiesSpec {
  readonly tables: readonly TableSpec[]
  readonly admin: Account
  /** May add rows to the tables. */
  readonly writers: readonly Writer[]
  /** They may read them, too. */
  readonly writersRead: boolean
}

interface SchemaSeen extends CopiesSeen {
  /** The administrator can log in; until then nothing else can be seen. */
  readonly claimed: boolean
  /** The superuser every new cluster has may still log in. */
  readonly open: boolean
  readonly writers: WritersSeen
  /** By name; of those that are wanted. */
  readonly tables: ReadonlyMap<string, TableSeen>
}

const nothing: SchemaSeen = {
  claimed: false,
  open: true,
  writers: noWriters,
  nodes: 0,
  replications: new Map(),
  owed: [],
  tables: new Map(),
}

const rightsOf = ({ keyspace, tables, writersRead }: SchemaSpec): Rights => ({
  keyspace,
  tables: tables.map(({ name }) => name),
  read: writersRead,
})

/** Says lines as an error; quotes in them must not end the shell's own. */
const complain = (lines: readonly string[]): Shell => lines.map(line => `echo '${line.replaceAll("'", "'\\''")}' >&2`).join('; ')

/** The wanted tables that are there, with how they are. */
const thereOf = ({ tables }: SchemaSpec, seen: SchemaSeen) =>
  tables.flatMap(table => {
    const found = seen.tables.get(table.name)
    return found ? [{ table, found }] : []
  })

export const schemaKind: Kind<SchemaSpec, SchemaSeen> = {
  name: 'cassandra schema',
  label: spec => spec.keyspace,
  ask: specs =>
    [
      asksOwedRepairs,
      ...specs.map(
        ({ admin, keyspace, tables }) =>
          `[ -x /usr/local/bin/cql ] && ${runCql(
            [
              login(admin.user, admin.password),
              statement("SELECT role, can_login FROM system_auth.roles WHERE role = 'cassandra'"),
              ...copiesQuestion(keyspace),
              ...askTables(
                keyspace,
                tables.map(({ name }) => name),
              ),
              ...writersQuestion,
            ],
            '--json ',
          )}`,
      ),
    ].join('\n'),
  read(output, specs) {
    const rows = rowsOf(output)
    return specs.map(({ admin }) => {
      const logs = (user: string) => rows.some(row => row['login'] === user && row['ok'] === true)
      if (!logs(admin.user)) return nothing
      return {
        ...readCopies(rows),
        claimed: true,
        open: rows.some(row => row['role'] === 'cassandra' && row['can_login'] === true),
        writers: readWriters(rows),
        tables: tablesSeen(rows),
      }
    })
  },
  compare(spec, seen) {
    const { keyspace, tables, admin, writers } = spec
    if (!seen.claimed) {
      const parts = [
        `the superuser ${admin.user} (the default one loses its login)`,
        `keyspace ${keyspace}`,
        ...tables.map(({ name }) => `table ${name}`),
        ...writers.map(({ user }) => `the account ${user}`),
      ]
      return [{ does: `make what is missing of: ${parts.join(', ')}` }]
    }
    const changes: string[] = []
    if (seen.open) changes.push('take the default superuser its login')
    if (!seen.replications.has(keyspace))
      changes.push(`create keyspace ${keyspace}, ${replicationText(wantedReplication(spec, seen.nodes))}`)
    changes.push(...toldOfCopies(spec, seen))
    for (const { name } of tables) if (!seen.tables.has(name)) changes.push(`create table ${name}`)
    for (const { table, found } of thereOf(spec, seen)) {
      const other = otherShape(table, found)
      // A table of another shape holds somebody's data: it is told, never changed.
      changes.push(
        ...(other.length
          ? other.map(how => `stop: table ${table.name} ${how}`)
          : drifts(table, found).map(({ does }) => `table ${table.name}: ${does}`)),
      )
    }
    changes.push(...writerChanges(writers, rightsOf(spec), seen.writers))
    return changes.map(does => ({ does }))
  },
  change(spec, seen) {
    const { keyspace, tables, admin, writers } = spec
    const there = thereOf(spec, seen)
    const other = there.filter(({ table, found }) => otherShape(table, found).length > 0)
    if (other.length) return [{ run: `${complain(other.map(({ table, found }) => leftAlone(keyspace, table, found)))}; false` }]
    // A node that was not running may have joined a ring that has all of this: what is there already is not touched before it is seen.
    const statements = [
      statement(`CREATE KEYSPACE IF NOT EXISTS ${cqlName(keyspace)} WITH replication = ${cqlMap(wantedReplication(spec, seen.nodes))}`),
      ...tables.map(table => createTable(keyspace, table)),
      ...there.flatMap(({ table, found }) => alterTable(keyspace, table, found)),
      ...writersCql(writers, rightsOf(spec), seen.claimed ? seen.writers : undefined),
    ]
    const steps: Step[] = [
      ...(seen.claimed ? [] : [{ act: repairOwedAccounts }]),
      ...(!seen.claimed || seen.open ? [{ act: admit(admin) }] : []),
      ...(!seen.claimed || toldOfCopies(spec, seen).length ? [{ act: settleCopies(spec) }] : []),
      { run: runCql(statements, '--wait 60 '), timeout: 120 },
    ]
    return steps
  },
}

/**
 * Superuser, keyspace, tables, the accounts of producers and copies of what the server keeps itself: one question and one answer for all of
 * them.
 */
export function schema(spec: SchemaSpec): Resource<SchemaSpec, SchemaSeen> {
  return resource(schemaKind, spec)
}
