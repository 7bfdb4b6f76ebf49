import { resource, type Kind, type Resource } from '../../engine/resources/index.ts'
import { quote } from '../../engine/shell.ts'
import { askAddresses, readAddresses, resolveClients, type Clients } from './clients.ts'
import { askSql, nativePassword, refusal, runSql, sqlName, sqlText, type Refusal } from './sql.ts'

/** How an account proves who it is. */
type Proof = { readonly password: string } | { readonly unixSocket: true }

interface AccountSpec {
  readonly user: string
  /** From where it may come: addresses, or names that the Pi itself resolves; the same user at any other host is removed. */
  readonly hosts: readonly string[]
  readonly proof: Proof
  /** e.g. `INSERT`, on one table or on everything (`*`). */
  readonly privileges: readonly string[]
  readonly on: '*' | { readonly database: string; readonly table: string }
}

interface AccountSeen {
  /** `plugin hash` by host. */
  readonly proofs: ReadonlyMap<string, string>
  /** `PRIVILEGE target` by host. */
  readonly grants: ReadonlyMap<string, ReadonlySet<string>>
  /** Addresses by name, as the Pi resolves them. */
  readonly addresses: ReadonlyMap<string, readonly string[]>
  /** MariaDB is there and told nothing. */
  readonly refusal: Refusal | undefined
}

const wantedProof = ({ proof }: AccountSpec) => ('password' in proof ? `mysql_native_password ${nativePassword(proof.password)}` : 'unix_socket ')
const target = ({ on }: AccountSpec) => (on === '*' ? '*' : `${on.database}.${on.table}`)
const wantedGrants = (spec: AccountSpec) => spec.privileges.map(privilege => `${privilege} ${target(spec)}`)

const asks = `SELECT 'proof', User, Host, JSON_VALUE(Priv, '$.plugin'), JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv;
SELECT 'grant', GRANTEE, PRIVILEGE_TYPE, '*' FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE <> 'USAGE';
SELECT 'grant', GRANTEE, PRIVILEGE_TYPE, CONCAT(TABLE_SCHEMA, '.*') FROM information_schema.SCHEMA_PRIVILEGES;
SELECT 'grant', GRANTEE, PRIVILEGE_TYPE, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLE_PRIVILEGES;`

const differs = (spec: AccountSpec, seen: AccountSeen, host: string) => {
  const grants = seen.grants.get(host) ?? new Set<string>()
  const wanted = wantedGrants(spec)
  return { proof: seen.proofs.get(host) !== wantedProof(spec), grants: grants.size !== wanted.length || wanted.some(grant => !grants.has(grant)) }
}

export const accountKind: Kind<AccountSpec, AccountSeen> = {
  name: 'mariadb account',
  label: spec => spec.user,
  ask: specs => askAddresses(specs.flatMap(({ hosts }) => hosts)) + askSql(asks),
  read(output, specs) {
    const rows = output.split('\n').map(line => line.split('\t'))
    const addresses = readAddresses(rows)
    return specs.map(({ user }) => {
      const proofs = new Map<string, string>()
      const grants = new Map<string, Set<string>>()
      for (const [kind, first = '', second = '', third = '', fourth = ''] of rows) {
        if (kind === 'proof' && first === user) proofs.set(second, `${third} ${fourth === 'NULL' ? '' : fourth}`)
        const grantee = kind === 'grant' ? /^'(.*)'@'(.*)'$/.exec(first) : null
        if (grantee?.[1] !== user) continue
        const host = grantee[2] as string
        grants.set(host, (grants.get(host) ?? new Set()).add(`${second} ${third}`))
      }
      return { proofs, grants, addresses, refusal: refusal(output) }
    })
  },
  compare(spec, seen) {
    if (seen.refusal?.refused === 'denied') return [{ does: `stop: ${seen.refusal.says}` }]
    if (seen.refusal) return [{ does: `make sure of ${spec.hosts.map(host => `${spec.user}@${host}`).join(', ')} (${seen.refusal.says})` }]
    const { known, missing, others } = clientsOf(spec, seen)
    const changes = known.flatMap(client => {
      const account = `${spec.user}@${client.host}${client.name === undefined ? '' : ` for ${client.name}`}`
      const { proof, grants } = differs(spec, seen, client.host)
      if (!seen.proofs.has(client.host)) return [{ does: `create ${account} (${wantedGrants(spec).join(', ')})` }]
      return [...(proof ? [{ does: `change how ${account} logs in` }] : []), ...(grants ? [{ does: `grant ${account} just ${wantedGrants(spec).join(', ')}` }] : [])]
    })
    return [...changes, ...others.map(host => ({ does: `remove ${spec.user}@${host}` })), ...missing.map(name => ({ does: `stop: this Pi cannot resolve ${name}` }))]
  },
  change(spec, seen) {
    if (seen.refusal?.refused === 'denied') return [{ run: seen.refusal.stop }]
    const { known, missing, others } = clientsOf(spec, seen)
    const name = (host: string) => `${sqlText(spec.user)}@${sqlText(host)}`
    const on = spec.on === '*' ? '*.*' : `${sqlName(spec.on.database)}.${sqlName(spec.on.table)}`
    const identified = 'password' in spec.proof ? `VIA mysql_native_password USING ${sqlText(nativePassword(spec.proof.password))}` : 'VIA unix_socket'
    const sql = known.flatMap(({ host }) => [
      `CREATE USER IF NOT EXISTS ${name(host)} IDENTIFIED ${identified};`,
      `ALTER USER ${name(host)} IDENTIFIED ${identified};`,
      `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${name(host)};`,
      `GRANT ${spec.privileges.join(', ')} ON ${on} TO ${name(host)};`,
    ])
    const run = runSql([...sql, ...others.map(host => `DROP USER IF EXISTS ${name(host)};`)].join('\n'))
    if (missing.length === 0) return [{ run }]
    const told = `this Pi cannot resolve ${missing.join(', ')}, so ${spec.user} cannot be let in from there: give the address in the inventory instead of the name, or switch that Pi on`
    return [{ run: `${run}\nprintf '%s\\n' ${quote(told)} >&2; false` }]
  },
}

function clientsOf(spec: AccountSpec, seen: AccountSeen): Clients {
  return resolveClients(spec.hosts, seen.addresses, [...seen.proofs.keys()])
}

/** A database account at exactly these hosts with exactly these rights. */
export function account(user: string, spec: Omit<AccountSpec, 'user'>): Resource<AccountSpec, AccountSeen> {
  return resource(accountKind, { user, ...spec })
}
