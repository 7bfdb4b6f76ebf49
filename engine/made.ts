import type { Shell } from './resources/kind.ts'
import { journalFile } from './run/journal.ts'

/** Where a Pi keeps which roles provision has set up on it, a file each. */
export const madeFolder = '/var/lib/provision/roles'

// Before there was that folder, the journal alone told whose changes were made.
const fromJournal = `sed -n 's/.*"role":"\\([a-z0-9+-]*\\)".*/\\1/p' ${journalFile} 2>/dev/null | tr + '\\n' | sort -u`

/** Prints `made=ROLE` lines: the roles that were set up here, whatever the inventory says today. */
export const madeScript: Shell = `
if [ -d ${madeFolder} ]; then for f in ${madeFolder}/*; do [ -e "$f" ] && printf 'made=%s\\n' "\${f##*/}"; done
elif [ -r ${journalFile} ]; then for f in $(${fromJournal}); do printf 'made=%s\\n' "$f"; done; fi
`

/** Reads what `madeScript` printed after a host's facts. */
export function parseMade(output: string): readonly string[] {
  return [
    ...new Set(
      output
        .slice(output.lastIndexOf('#facts'))
        .split('\n')
        .flatMap(line => (line.startsWith('made=') ? [line.slice(5)] : [])),
    ),
  ].sort()
}

/** Shell text that writes down that roles are set up here; what the journal knew of earlier ones comes along the first time. */
export function noteMade(roles: readonly string[]): Shell {
  return `{ [ -d ${madeFolder} ] || {
  mkdir -p ${madeFolder}.new &&
  (cd ${madeFolder}.new && for r in $(${fromJournal}); do touch -- "$r"; done) &&
  mv -T ${madeFolder}.new ${madeFolder}
}; } && (cd ${madeFolder} && touch -- ${roles.join(' ')})`
}

/** Shell text that forgets that a role was set up here. */
export function forgetMade(role: string): Shell {
  return `rm -f ${madeFolder}/${role}`
}
