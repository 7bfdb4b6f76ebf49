import { resource, type Kind, type Resource } from '../../engine/resources/index.ts'
import { quote } from '../../engine/shell.ts'
import { askAddresses, readAddresses, resolveClients, type Clients } from './clients.ts'
import { leavers, type Leaver, type Leaving, type Login } from './leaving.ts'
import { askMade, forgetMade, isMade, noteMade, readMade } from './made-accounts.ts'
import { askSql, nativePassword, refusal, runSql, sqlName, sqlText, type Refusal } from './sql.ts'

/** A table or view. */
interface Target {
  readonly database: string
  readonly table: string
}

/** How an account proves who it is. */
type Proof = { readonly password: string } | { readonly unixSocket: true }

interface AccountSpec {
  readonly user: string
  /**
   * From where it may come: addresses, or names that the Pi itself resolves; the same user at any other host is removed, where it was
   * made by us.
   */
  readonly hosts: readonly string[]
  readonly proof: Proof
  /** It may come over TLS only. */
  readonly tls: boolean
  /** e.g. `INSERT`, on one table or view, on several, or on everything (`*`). */
  readonly privileges: readonly string[]
  readonly on: '*' | Target | readonly Target[]
}

interface AccountsSeen {
  /** `plugin hash` by host by user. */
  readonly proofs: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Who may come over TLS only, as `user@host`. */
  readonly tls: ReadonlySet<string>
  /** `PRIVILEGE target` by `user@host`. */
  readonly grants: ReadonlyMap<string, ReadonlySet<string>>
  /** Users that are connected now. */
  readonly connected: ReadonlySet<string>
  /** Addresses by name, as the Pi resolves them. */
  readonly addresses: ReadonlyMap<string, readonly string[]>
  /** Accounts that provision has made, as `user@host`. */
  readonly made: ReadonlySet<string>
  /** MariaDB is there and told nothing. */
  readonly refusal: Refusal | undefined
}

/** An account that is to be there, or those that are to go. */
type Spec = AccountSpec | Leaving

const wantedProof = ({ proof }: AccountSpec) =>
  'password' in proof ? `mysql_native_password ${nativePassword(proof.password)}` : 'unix_socket '
const tablesOf = (on: Target | readonly Target[]): readonly Target[] => ('table' in on ? [on] : on)
const targets = ({ on }: Pick<AccountSpec, 'on'>) =>
  on === '*' ? ['*'] : tablesOf(on).map(({ database, table }) => `${database}.${table}`)
const wantedGrants = (spec: AccountSpec) => targets(spec).flatMap(target => spec.privileges.map(privilege => `${privilege} ${target}`))

const asks = `SELECT 'proof', User, Host, JSON_VALUE(Priv, '$.plugin'), JSON_VALUE(Priv, '$.authentication_string'),
IFNULL(JSON_VALUE(Priv, '$.ssl_type'), 0) FROM mysql.global_priv;
SELECT DISTINCT 'connected', USER FROM information_schema.PROCESSLIST;
SELECT 'grant', GRANTEE, PRIVILEGE_TYPE, '*' FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE <> 'USAGE';
SELECT 'grant', GRANTEE, PRIVILEGE_TYPE, CONCAT(TABLE_SCHEMA, '.*') FROM information_schema.SCHEMA_PRIVILEGES;
SELECT 'grant', GRANTEE, PRIVILEGE_TYPE, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLE_PRIVILEGES;`

const hostsSeen = (user: string, seen: AccountsSeen): readonly string[] => [...(seen.proofs.get(user)?.keys() ?? [])]

const differs = (spec: AccountSpec, seen: AccountsSeen, host: string) => {
  const grants = seen.grants.get(`${spec.user}@${host}`) ?? new Set<string>()
  const wanted = wantedGrants(spec)
  return {
    proof: seen.proofs.get(spec.user)?.get(host) !== wantedProof(spec),
    tls: seen.tls.has(`${spec.user}@${host}`) !== spec.tls,
    grants: grants.size !== wanted.length || wanted.some(grant => !grants.has(grant)),
  }
}

function leaversOf(spec: Leaving, seen: AccountsSeen): readonly Leaver[] {
  const logins = [...seen.proofs].flatMap(([user, hosts]) => [...hosts.keys()].map(host => ({ user, host })))
  const targets = new Map(
    [...seen.grants].map(([login, grants]) => [login, new Set([...grants].map(grant => grant.slice(grant.lastIndexOf(' ') + 1)))]),
  )
  return leavers(spec, { logins, connected: seen.connected, targets, addresses: seen.addresses })
}

const hostsOf = (spec: Spec): readonly string[] => ('heirs' in spec ? spec.heirs.map(({ host }) => host) : spec.hosts)
const quoted = ({ user, host }: Login) => `${sqlText(user)}@${sqlText(host)}`

export const accountKind: Kind<Spec, AccountsSeen> = {
  name: 'mariadb account',
  label: spec => ('heirs' in spec ? (spec.shared === undefined ? `${spec.who}s that go` : `${spec.shared} and others that go`) : spec.user),
  ask: specs => askAddresses(specs.flatMap(hostsOf)) + askMade + askSql(asks),
  read(output, specs) {
    const rows = output.split('\n').map(line => line.split('\t'))
    const proofs = new Map<string, Map<string, string>>()
    const tls = new Set<string>()
    const grants = new Map<string, Set<string>>()
    const connected = new Set<string>()
    for (const [kind, first = '', second = '', third = '', fourth = '', fifth] of rows) {
      if (kind === 'connected') connected.add(first)
      if (kind === 'proof') {
        proofs.set(first, (proofs.get(first) ?? new Map<string, string>()).set(second, `${third} ${fourth === 'NULL' ? '' : fourth}`))
        if (fifth === '1') tls.add(`${first}@${second}`)
      }
      const [, user, host] = (kind === 'grant' && /^'(.*)'@'(.*)'$/.exec(first)) || []
      if (user !== undefined) grants.set(`${user}@${host}`, (grants.get(`${user}@${host}`) ?? new Set()).add(`${second} ${third}`))
    }
    const seen = { proofs, tls, grants, connected, addresses: readAddresses(rows), made: readMade(rows), refusal: refusal(output) }
    return specs.map(() => seen)
  },
  compare(spec, seen) {
    if (seen.refusal?.refused === 'denied') return [{ does: `stop: ${seen.refusal.says}` }]
    // What cannot be asked is not there to go.
    if ('heirs' in spec)
      return seen.refusal
        ? []
        : ownOf(leaversOf(spec, seen), seen).map(({ user, host, because }) => ({ does: `remove ${user}@${host} (${because})` }))
    if (seen.refusal) return [{ does: `make sure of ${spec.hosts.map(host => `${spec.user}@${host}`).join(', ')} (${seen.refusal.says})` }]
    const { known, missing, others } = clientsOf(spec, seen)
    const changes = known.flatMap(client => {
      const account = `${spec.user}@${client.host}${client.name === undefined ? '' : ` for ${client.name}`}`
      const { proof, tls, grants } = differs(spec, seen, client.host)
      const rights = [...wantedGrants(spec), ...(spec.tls ? ['over TLS only'] : [])].join(', ')
      if (!seen.proofs.get(spec.user)?.has(client.host)) return [{ does: `create ${account} (${rights})` }]
      return [
        ...(proof ? [{ does: `change how ${account} logs in` }] : []),
        ...(tls ? [{ does: spec.tls ? `let ${account} in over TLS only` : `let ${account} in without TLS` }] : []),
        ...(grants ? [{ does: `grant ${account} just ${wantedGrants(spec).join(', ')}` }] : []),
      ]
    })
    return [
      ...changes,
      ...ownOf(othersOf(spec, others), seen).map(({ user, host }) => ({ does: `remove ${user}@${host}` })),
      ...missing.map(name => ({ does: `stop: this Pi cannot resolve ${name}` })),
    ]
  },
  change(spec, seen) {
    if (seen.refusal?.refused === 'denied') return [{ run: seen.refusal.stop }]
    const drop = (logins: readonly Login[]) => logins.map(login => `DROP USER IF EXISTS ${quoted(login)};`)
    if ('heirs' in spec) {
      const gone = ownOf(leaversOf(spec, seen), seen)
      return [{ run: `${runSql(drop(gone).join('\n'))}\n[ $? = 0 ] && ${forgetMade(gone)}` }]
    }
    const { known, missing, others } = clientsOf(spec, seen)
    const on = spec.on === '*' ? ['*.*'] : tablesOf(spec.on).map(({ database, table }) => `${sqlName(database)}.${sqlName(table)}`)
    const identified =
      'password' in spec.proof ? `VIA mysql_native_password USING ${sqlText(nativePassword(spec.proof.password))}` : 'VIA unix_socket'
    const sql = known
      .map(({ host }) => quoted({ user: spec.user, host }))
      .flatMap(name => [
        `CREATE USER IF NOT EXISTS ${name} IDENTIFIED ${identified} REQUIRE ${spec.tls ? 'SSL' : 'NONE'};`,
        `ALTER USER ${name} IDENTIFIED ${identified} REQUIRE ${spec.tls ? 'SSL' : 'NONE'};`,
        `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${name};`,
        ...on.map(place => `GRANT ${spec.privileges.join(', ')} ON ${place} TO ${name};`),
      ])
    const gone = ownOf(othersOf(spec, others), seen)
    const noted = noteMade(known.map(({ host }) => ({ user: spec.user, host })))
    const forgotten = gone.length ? `\n[ $? = 0 ] && ${forgetMade(gone)}` : ''
    const run = `${noted} && ${runSql([...sql, ...drop(gone)].join('\n'))}${forgotten}`
    if (missing.length === 0) return [{ run }]
    const told =
      `this Pi cannot resolve ${missing.join(', ')}, so ${spec.user} cannot be let in from there: ` +
      'give the address in the inventory instead of the name, or switch that Pi on'
    return [{ run: `${run}\nprintf '%s\\n' ${quote(told)} >&2; false` }]
  },
  notes(spec, seen) {
    if (seen.refusal) return []
    const going = 'heirs' in spec ? leaversOf(spec, seen) : othersOf(spec, clientsOf(spec, seen).others)
    return going
      .filter(login => !isMade(seen.made, login))
      .map(
        login =>
          `mariadb: ${login.user}@${login.host} may log in, and provision did not make it: it is left alone. If nobody needs it: mariadb -e "DROP USER ${quoted(login)}"`,
      )
  },
}

const othersOf = ({ user }: AccountSpec, hosts: readonly string[]): readonly Login[] => hosts.map(host => ({ user, host }))

/** Those that provision has made itself: it removes no other. */
function ownOf<L extends Login>(logins: readonly L[], { made }: AccountsSeen): readonly L[] {
  return logins.filter(login => isMade(made, login))
}

function clientsOf(spec: AccountSpec, seen: AccountsSeen): Clients {
  return resolveClients(spec.hosts, seen.addresses, hostsSeen(spec.user, seen))
}

/** A database account at exactly these hosts with exactly these rights. */
export function account(user: string, spec: Omit<AccountSpec, 'user'>): Resource<Spec, AccountsSeen> {
  return resource(accountKind, { user, ...spec })
}

/** Accounts that go as soon as nobody needs them; see `Leaving`. */
export function leaving(spec: Leaving): Resource<Spec, AccountsSeen> {
  return resource(accountKind, spec)
}
