import type { Shell } from '../../engine/resources/index.ts'
import { quote, writes } from '../../engine/shell.ts'

/**
 * Where a Pi has written down what it owes: a file for each piece of work, which holds what tells one debt from a later one of that name.
 */
export const owedFolder = '/var/lib/provision/owed'

/** Work that was promised and not yet seen done. */
export interface Owed {
  readonly work: string
  /** Tells this debt from a later one for the same work. */
  readonly since: string
}

const fileOf = (work: string) => `${owedFolder}/${work}`

/** Writes a debt down, in place of an older one of that name; it is on the card when this ends. */
export function owes({ work, since }: Owed): Shell {
  return `install -d -m 0700 ${owedFolder} && ${writes(fileOf(work), since)} && sync ${owedFolder} /var/lib/provision`
}

/** Strikes a debt out, unless another one has taken its place since. */
export function paid({ work, since }: Owed): Shell {
  const file = quote(fileOf(work))
  return `if [ "$(cat ${file} 2>/dev/null)" = ${quote(since)} ]; then rm -f ${file} && sync ${owedFolder}; fi`
}

/** Prints a line `{"owed":…,"since":…}` for each debt whose name begins so; nothing where there is none. It forks no program. */
export function listsOwed(prefix: string): Shell {
  return `for f in ${owedFolder}/${prefix}*; do [ -f "$f" ] && case $f in
  *.new) ;;
  *) read -r since <"$f"; printf '{"owed":"%s","since":"%s"}\\n' "\${f##*/}" "$since" ;;
esac; done; :`
}

/** Reads such a line. */
export function readOwed(row: Readonly<Record<string, unknown>>): Owed[] {
  return typeof row['owed'] === 'string' ? [{ work: row['owed'], since: String(row['since']) }] : []
}
