import { createHash } from 'node:crypto'
import type { Shell } from '../../engine/resources/index.ts'

/** A text as an SQL string. */
export function sqlText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** A name as an SQL identifier. */
export function sqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** Runs SQL as root over the local socket; the text travels on standard input, so it is in no process list. */
export function runSql(sql: string): Shell {
  return `mariadb --batch --skip-column-names <<'.'\n${sql}\n.`
}

/** Asks with SQL; prints nothing where MariaDB is not installed, and `down` where it is but does not answer. */
export function askSql(sql: string): Shell {
  return `if command -v mariadb >/dev/null; then mariadb --batch --skip-column-names <<'.' || printf 'down\\n'\n${sql}\n.\nfi`
}

/** Whether an answer to `askSql` says that nothing can be known now. */
export function isDown(output: string): boolean {
  return /^down$/m.test(output)
}

/** What `mysql_native_password` keeps of a password: `*` and SHA1(SHA1(password)) in upper-case hex. */
export function nativePassword(password: string): string {
  const once = createHash('sha1').update(password).digest()
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`
}
