import { journalFile } from '../run/journal.ts'
import { quote, words } from '../shell.ts'
import type { Shell } from './kind.ts'

/** Where a Pi keeps which files are provision's: a line each, `ours PATH` or `back PATH`, the last one of a path counts. */
const ownedFile = '/var/lib/provision/files'

// Before there was that file, the journal alone told which files were written.
const fromJournal = `sed -n 's/.*"resource":"file \\([^"]*\\)".*/ours \\1/p' ${journalFile} 2>/dev/null`

/** Where what stood at a path before provision is kept. */
export const keptPath = (path: string): string => `${path}.before-provision`

/** Prints a line a file that is or was provision's; no fork where the Pi keeps them already. `$owned` holds them from then on. */
export const askOwned: Shell = `if [ -e ${ownedFile} ]; then IFS= read -r -d '' owned <${ownedFile}; else owned=$(${fromJournal}); fi
printf '%s\\n' "$owned"`

/**
 * Shell text for behind `askOwned`: prints which of these files are dpkg's own, as a package brought them, so that nobody loses anything
 * with them. Only what would be kept otherwise is looked at: where all are ours, or kept already, no process is started.
 */
export function askPackaged(paths: readonly string[]): Shell {
  return `foreign=()
for f in ${words(paths)}; do
  [ -f "$f" ] && [ ! -L "$f" ] && [ ! -e "$f${keptPath('')}" ] || continue
  all=$'\\n'$owned$'\\n'
  [[ $'\\n'\${all##*$'\\n'"back $f"$'\\n'} == *$'\\n'"ours $f"$'\\n'* ]] || foreign+=("$f")
done
if [ \${#foreign[@]} -gt 0 ]; then
  conffiles=$'\\n'$(dpkg-query -W -f '\${Conffiles}\\n')$'\\n'
  md5sum -- "\${foreign[@]}" | while read -r sum f; do
    [[ $conffiles == *$'\\n'" $f $sum"[$'\\n ']* ]] && printf 'packaged %s\\n' "$f"
  done
fi`
}

/**
 * Reads what `askOwned` printed, among other lines: which of these paths are ours, and which were given back. A folder that was given back
 * is so no more once something in it is ours again.
 */
export function readOwned(output: string, paths: readonly string[]): ReadonlyMap<string, 'ours' | 'back'> {
  const asked = new Set(paths)
  const owned = new Map<string, 'ours' | 'back'>()
  const back = new Set<string>()
  for (const line of output.split('\n')) {
    const [, word, path = ''] = /^(ours|back) (\/.*)$/.exec(line) ?? []
    if (word === undefined) continue
    if (word === 'ours') for (const folder of back) if (path.startsWith(`${folder}/`) && back.delete(folder)) owned.delete(folder)
    if (!asked.has(path)) continue
    owned.set(path, word as 'ours' | 'back')
    if (word === 'back') back.add(path)
  }
  return owned
}

/** Shell text that writes down whose a path is; what the journal knew of others comes along the first time. */
export function noteOwned(word: 'ours' | 'back', path: string): Shell {
  const folder = ownedFile.replace(/\/[^/]*$/, '')
  return `{ [ -e ${ownedFile} ] || {
  mkdir -p ${folder} && { ${fromJournal}; :; } >${ownedFile}.new && mv -T ${ownedFile}.new ${ownedFile}
}; } && printf '%s %s\\n' ${word} ${quote(path)} >>${ownedFile}`
}

/** Shell text that keeps what stands at a path beside it, with owner and mode, unless something is kept there already. */
export function keep(path: string): Shell {
  const kept = quote(keptPath(path))
  const made = quote(`${keptPath(path)}.new`)
  return `{ [ -e ${kept} ] || [ -L ${kept} ] || {
  rm -rf ${made} && cp -aT -- ${quote(path)} ${made} && sync -f ${made} && mv -T ${made} ${kept}
}; }`
}
