import { createHash } from 'node:crypto'
import type { Shell } from '../../engine/resources/index.ts'
import { quote } from '../../engine/shell.ts'

/** A text as an SQL string. */
export function sqlText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** A name as an SQL identifier. */
export function sqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** Where the Pi keeps the password of MariaDB's root, where it has one; for root of the Pi alone. */
export const rootLoginFile = '/etc/mysql/provision-root.cnf'

/** The file that says it to a client: what is in quotes is taken as it is, but for backslashes and quotes. */
export function rootLogin(password: string): string {
  return `[client]\nuser=root\npassword="${password.replace(/[\\"]/g, '\\$&')}"\n`
}

/**
 * The first options of every client: no settings of root's own, which may bend the answers, but its password where there is one. It comes
 * over the local socket, where nobody listens; clients since 11.4 want to know the server's CA even there.
 */
export const rootOption: Shell = `"$([ -r ${rootLoginFile} ] && echo --defaults-file=${rootLoginFile} || echo --no-defaults)" --skip-ssl`

/** Debian's socket. */
const client = `mariadb ${rootOption} --socket=/run/mysqld/mysqld.sock --default-character-set=utf8mb4 --batch --skip-column-names`

/** Runs SQL as root over the local socket; the text travels on standard input, so it is in no process list. */
export function runSql(sql: string): Shell {
  return `${client} <<'.'\n${sql}\n.`
}

/** Asks with SQL; prints nothing where MariaDB is not installed, and its error and `refused` where it is but does not answer us. */
export function askSql(sql: string): Shell {
  return `if command -v mariadb >/dev/null; then ${client} 2>&1 <<'.' || printf 'refused\\n'\n${sql}\n.\nfi`
}

/** Why MariaDB told nothing. */
export interface Refusal {
  /** `down`: it does not answer now, which a start mends. `denied`: root may not log in, which its owner mends. */
  readonly refused: 'down' | 'denied'
  readonly says: string
  /** The step that says what to do, and fails. */
  readonly stop: Shell
}

/** Whether an answer to `askSql` says that nothing can be known now, and why. */
export function refusal(output: string): Refusal | undefined {
  if (!/^refused$/m.test(output)) return undefined
  const denied = /^ERROR (?:1045|1698|1275|1862)\b.*$/m.exec(output)?.[0]
  if (denied === undefined) return { refused: 'down', says: 'MariaDB does not answer now', stop: 'false' }
  const remedy = `${denied}
root of this Pi must be able to log in over the local socket. Give the password: \`secret set mariadb/root\`, and \`rootPassword: true\` in the inventory
(vars: mariadb: …). Or log in as root of MariaDB with it, and run
ALTER USER root@localhost IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('that password');`
  return {
    refused: 'denied',
    says: 'root of this Pi may not log in to MariaDB over the socket',
    // The password may have come to the Pi in this very run: then all is asked again after it.
    stop: `{ [ -r ${rootLoginFile} ] && ${client} -e 'DO 1'; } || { printf '%s\\n' ${quote(remedy)} >&2; false; }`,
  }
}

/** What `mysql_native_password` keeps of a password: `*` and SHA1(SHA1(password)) in upper-case hex. */
export function nativePassword(password: string): string {
  const once = createHash('sha1').update(password).digest()
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`
}
