import { createHmac } from 'node:crypto'
import { encodeBase64, hashSync } from 'bcryptjs'
import { statement, type Statement } from './cql/asked.ts'
import { cqlName, cqlText } from './cql/literals.ts'
import { producerPrefix, sharedAccount, sinkPrefix } from './vars.ts'

/** What a producer's account is: the server knows the hash of its password only. */
export interface Writer {
  readonly user: string
  /** bcrypt's. */
  readonly hash: string
}

/** What accounts of producers may do with which tables. */
export interface Rights {
  readonly keyspace: string
  readonly tables: readonly string[]
  /** They may read, too. */
  readonly read: boolean
}

/** Producers' accounts as a node knows them, also those that are over. */
export interface WritersSeen {
  /** By user: the hash, if it may log in and is no superuser. */
  readonly hashes: ReadonlyMap<string, string>
  /** By user: rights by resource, such as `data/temperature/reading`. */
  readonly rights: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
  /** Users that are connected to this node; an agent is connected to each. */
  readonly connected: ReadonlySet<string>
}

export const noWriters: WritersSeen = { hashes: new Map(), rights: new Map(), connected: new Set() }

/**
 * Passwords we draw hold more than 128 random bits: to try them all takes for ever however cheap a try is, and a login costs a small board
 * 10 ms, not a second.
 */
const cost = (password: string): number => (password.length >= 24 ? 4 : 10)
const hashed = new Map<string, string>()

/**
 * The hash a ring is to know of a password. It is the same at each run, so that a look at it tells whether the ring knows the password,
 * without a login: the salt is drawn from a secret of the fleet and the user.
 */
export function writerOf(user: string, password: string, salt: string): Writer {
  const known = JSON.stringify([user, password, salt])
  let hash = hashed.get(known)
  if (hash === undefined) {
    const bytes = [...createHmac('sha256', salt).update(user).digest().subarray(0, 16)]
    hash = hashSync(password, `$2a$${String(cost(password)).padStart(2, '0')}$${encodeBase64(bytes, 16)}`)
    hashed.set(known, hash)
  }
  return { user, hash }
}

/** What asks for them. */
export const writersQuestion: readonly Statement[] = [
  statement('SELECT role AS account, can_login, is_superuser, salted_hash FROM system_auth.roles'),
  statement('SELECT role AS holder, resource, permissions FROM system_auth.role_permissions'),
  statement('SELECT username FROM system_views.clients'),
]

const isOurs = (user: unknown): user is string =>
  typeof user === 'string' && (user === sharedAccount || user.startsWith(producerPrefix) || user.startsWith(sinkPrefix))

/** Reads the answer to `writersQuestion`. */
export function readWriters(rows: readonly Readonly<Record<string, unknown>>[]): WritersSeen {
  const hashes = new Map<string, string>()
  const rights = new Map<string, Map<string, readonly string[]>>()
  const connected = new Set<string>()
  for (const row of rows) {
    const { account, holder, resource, permissions, username } = row
    if (isOurs(account)) hashes.set(account, row['can_login'] === true && row['is_superuser'] !== true ? String(row['salted_hash']) : '')
    if (isOurs(holder) && Array.isArray(permissions) && permissions.length > 0)
      rights.set(holder, (rights.get(holder) ?? new Map<string, readonly string[]>()).set(String(resource), permissions.map(String).sort()))
    if (isOurs(username)) connected.add(username)
  }
  return { hashes, rights, connected }
}

const wanted = ({ read }: Pick<Rights, 'read'>): readonly string[] => (read ? ['MODIFY', 'SELECT'] : ['MODIFY'])
const resourcesOf = ({ keyspace, tables }: Rights) => tables.map(table => `data/${keyspace}/${table}`)

/** Has an account just the rights it is to have? */
function holdsJust(rights: Rights, seen: ReadonlyMap<string, readonly string[]> | undefined): boolean {
  const resources = resourcesOf(rights)
  return seen?.size === resources.length && resources.every(resource => seen.get(resource)?.join() === wanted(rights).join())
}

/**
 * Accounts that go, and why: of producers that have left, and the one all had in common, once each producer was seen connected with its
 * own. Whoever has rights on something else is somebody else's.
 */
export function leavers(writers: readonly Writer[], { keyspace }: Rights, seen: WritersSeen): readonly { user: string; because: string }[] {
  const ours = (user: string) => {
    const on = [...(seen.rights.get(user)?.keys() ?? [])]
    return on.length > 0 && on.every(resource => resource === `data/${keyspace}` || resource.startsWith(`data/${keyspace}/`))
  }
  const moved = writers.every(({ user }) => !user.startsWith(producerPrefix) || seen.connected.has(user))
  return [...seen.hashes.keys()].flatMap(user => {
    if (!ours(user) || writers.some(writer => writer.user === user)) return []
    if (user === sharedAccount) return moved ? [{ user, because: 'each producer has come with its own account' }] : []
    return [{ user, because: `no ${user.startsWith(sinkPrefix) ? 'sink' : 'producer'} of the inventory` }]
  })
}

/** What there is to do, for a person. */
export function writerChanges(writers: readonly Writer[], rights: Rights, seen: WritersSeen): string[] {
  return [
    ...writers.flatMap(({ user, hash }) => {
      const is = seen.hashes.get(user)
      if (is === undefined) return [`make the account ${user}, which may write into ${rights.tables.join(' and ')}`]
      return [
        ...(is === hash ? [] : [`give ${user} its password`]),
        ...(holdsJust(rights, seen.rights.get(user))
          ? []
          : [`grant ${user} just ${wanted(rights).join(' and ')} on ${rights.tables.join(' and ')}`]),
      ]
    }),
    ...leavers(writers, rights, seen).map(({ user, because }) => `drop the account ${user}: ${because}`),
  ]
}

/** Statements that do it. Where nothing is known of what is there, nothing is altered. */
export function writersCql(writers: readonly Writer[], rights: Rights, seen: WritersSeen | undefined): readonly Statement[] {
  const words = [
    ...writers.flatMap(({ user, hash }) => {
      const name = cqlName(user)
      const password = `HASHED PASSWORD = ${cqlText(hash)} AND LOGIN = true`
      const is = seen?.hashes.get(user)
      const held = seen?.rights.get(user)
      const just = holdsJust(rights, held)
      return [
        ...(is === undefined ? [`CREATE ROLE IF NOT EXISTS ${name} WITH ${password}`] : []),
        ...(is !== undefined && is !== hash ? [`ALTER ROLE ${name} WITH ${password} AND SUPERUSER = false`] : []),
        ...(just ? [] : [...(held?.keys() ?? [])].flatMap(resource => revoke(resource, name))),
        ...(just
          ? []
          : rights.tables.flatMap(table =>
              wanted(rights).map(right => `GRANT ${right} ON TABLE ${cqlName(rights.keyspace)}.${cqlName(table)} TO ${name}`),
            )),
      ]
    }),
    ...(seen ? leavers(writers, rights, seen).map(({ user }) => `DROP ROLE IF EXISTS ${cqlName(user)}`) : []),
  ]
  return words.map(cql => statement(cql))
}

/** Takes rights on data away; those on other things are the server's own or somebody's doing, and none an account of ours was given. */
function revoke(resource: string, name: string): string[] {
  const [kind, keyspace, table] = resource.split('/')
  if (kind !== 'data') return []
  const on =
    keyspace === undefined
      ? 'ALL KEYSPACES'
      : table === undefined
        ? `KEYSPACE ${cqlName(keyspace)}`
        : `TABLE ${cqlName(keyspace)}.${cqlName(table)}`
  return [`REVOKE ALL PERMISSIONS ON ${on} FROM ${name}`]
}
