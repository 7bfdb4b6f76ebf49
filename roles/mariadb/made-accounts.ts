import type { Shell } from '../../engine/resources/index.ts'
import { journalFile } from '../../engine/run/journal.ts'
import { words } from '../../engine/shell.ts'
import type { Login } from './leaving.ts'
import { runSql } from './sql.ts'

/** Where the Pi keeps which accounts provision has made, `user@host` a line each. What is not there is somebody's, and is not removed. */
const madeFile = '/var/lib/provision/mariadb-accounts'

// Before there was that file, the journal alone told which accounts were made.
const fromJournal = `grep '"resource":"mariadb account' ${journalFile} 2>/dev/null | grep -oE '"(create|make sure of) [^"(]*' |
  sed -E 's/^"(create|make sure of) //; s/ for .*//' | tr -d ' ' | tr , '\\n'`

const login = ({ user, host }: Login): string => `${user}@${host}`

/** Prints the accounts that provision has made, `made USER@HOST` with a tab between. */
export const askMade: Shell = `{ if [ -e ${madeFile} ]; then cat ${madeFile}; else ${fromJournal}; fi; } |
  while IFS= read -r a; do printf 'made\\t%s\\n' "$a"; done\n`

/** Reads what `askMade` printed, as rows of words. */
export function readMade(rows: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(rows.flatMap(([kind, account = '']) => (kind === 'made' ? [account] : [])))
}

/** Did provision make it? */
export function isMade(made: ReadonlySet<string>, account: Login): boolean {
  return made.has(login(account))
}

const carried = `{ [ -e ${madeFile} ] || {
  mkdir -p ${madeFile.replace(/\/[^/]*$/, '')} && { ${fromJournal}; :; } >${madeFile}.new && mv -T ${madeFile}.new ${madeFile}
}; }`

/** Shell text that notes those of the accounts that are not there yet, before they are made. */
export function noteMade(accounts: readonly Login[]): Shell {
  return `there=$(${runSql("SELECT CONCAT(User, '@', Host) FROM mysql.global_priv;")}
) && ${carried} && for a in ${words(accounts.map(login))}; do
  printf '%s\\n' "$there" | grep -qxF -- "$a" || printf '%s\\n' "$a" >>${madeFile} || exit 1
done`
}

/** Shell text that forgets accounts that are gone: who makes such a one later is somebody else. */
export function forgetMade(accounts: readonly Login[]): Shell {
  const gone = accounts.map(account => `-e ${words([login(account)])}`).join(' ')
  return `${carried} && { grep -vxF ${gone} ${madeFile} >${madeFile}.new; mv -T ${madeFile}.new ${madeFile}; }`
}
