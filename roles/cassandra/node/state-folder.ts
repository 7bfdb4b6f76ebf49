import type { Shell } from '../../../engine/resources/index.ts'
import { stateFolder } from '../config/yaml.ts'
import { dataFolders } from '../ring/index.ts'

/** What root writes there. */
const rootsNames = ['tokens.yaml', 'first.options', 'seeds.yaml', 'unclaimed', '*.new', 'before-rebalance.*']

const named = rootsNames.map(name => `-name '${name}'`).join(' -o ')

/** Prints what the server's user may have laid where root reads and writes: links, and files of root's names that are another's. */
const planted: Shell = `find ${stateFolder} -mindepth 1 -maxdepth 1 \\( -type l -o ! -user root \\( ${named} \\) \\)`

/** Exit 0 where the folder is root's, and nothing in it is to be doubted. */
export const isRoots: Shell = `[ "$(stat -c '%F %U:%G %a' ${stateFolder} 2>/dev/null)" = 'directory root:cassandra 750' ] &&
  [ -z "$(${planted})" ]`

/**
 * Makes the folder root's; the server's user may read it, and writes to the folders of its data only. Before, it owned all of it, and what
 * root wrote there could be led elsewhere by a link. What may have been planted then is refused, after the folder is taken: nobody can lay
 * another one.
 */
export const takesFolder: Shell = `install -d -m 0750 -o root -g cassandra ${stateFolder} && {
odd=$(${planted}); [ -z "$odd" ] || { printf '%s\\n' "$odd" \
'root reads and writes nothing there: these are links, or files of root that belong to somebody else.' \
'Look at each. A file that is right: chown root: FILE. \
A link to another disk: mount that disk in its place (mount --bind) and remove the link.' >&2; false; }; }`

/** Makes the folders that the server writes to; below the folder of root it cannot make them itself. */
export const makesDataFolders: Shell = `install -d -m 0750 -o cassandra -g cassandra ${dataFolders.join(' ')}`
