import { detached } from '../../../engine/operation/detached.ts'
import type { Shell } from '../../../engine/resources/index.ts'
import { writes } from '../../../engine/shell.ts'
import { firstOptions } from '../config/jvm.ts'
import { unclaimedFile } from '../config/start.ts'
import { aloneMark, drawnTokensYaml, seedsOverride, seedsYaml, stateFolder, tokensYaml } from '../config/yaml.ts'
import { owes } from '../owed.ts'
import { repairOf } from '../repair.ts'
import { dataFolders } from '../ring/index.ts'
import type { NodeAction, Start } from './port.ts'
import { isRoots, makesDataFolders, takesFolder } from './state-folder.ts'

/** Units of work that goes on when nobody looks. */
export const leavingUnit = 'rebalance-decommission'
export const cleaningUnit = 'rebalance-cleanup'

export const tokensFile = `${stateFolder}/tokens.yaml`
export const firstFile = `${stateFolder}/first.options`
/**
 * Where a node's data is moved that nobody may need any more; `.1`, `.2` … behind it. Same file system: moving costs nothing, and takes no
 * room.
 */
export const asideFolder = `${stateFolder}/before-rebalance`

const running = 'systemctl -q is-active cassandra'
const empty = `[ -z "$(find ${dataFolders.join(' ')} -mindepth 1 -print -quit 2>/dev/null)" ]`

/** Shell text that does it on the Pi, as root. Pure. */
export function commandOf(action: NodeAction): Shell {
  switch (action.do) {
    // The server counts copies of its own tables, which are more than nodes on purpose; those of readings are checked before.
    case 'leave':
      return detached(leavingUnit, '/usr/local/bin/nodetool decommission --force')
    case 'stop':
      return `systemctl disable -q --now cassandra; ! ${running}`
    // A unit of an earlier version leaves its folders to the server, which cannot make them below root's.
    case 'start':
      return `{ ! { ${isRoots}; } || ${makesDataFolders}; } && {
systemctl reset-failed cassandra 2>/dev/null; systemctl enable -q cassandra && systemctl start cassandra; }`
    case 'place':
      return places(action)
    case 'options':
      return `${takesFolder} && ${writes(firstFile, firstOptions())}`
    case 'owe repair':
      return owes({ work: repairOf(action.keyspace), since: action.since })
    case 'unplace':
      return `! ${running} && ${takesFolder} && ${empty} && rm -f ${tokensFile} ${seedsOverride} ${unclaimedFile} && sync ${stateFolder}`
    case 'seeds':
      return `${takesFolder} && ${writes(seedsOverride, `${aloneMark}\n${seedsYaml(action.seeds)}`)}`
    case 'settle':
      return `${takesFolder} && ${writes(firstFile, firstOptions())} && rm -f ${seedsOverride}`
    case 'clean up':
      return `[ "$(cat /run/${cleaningUnit}.code 2>/dev/null)" = 0 ] && rm -f /run/${cleaningUnit}.code
${detached(cleaningUnit, '/usr/local/bin/nodetool cleanup')}`
    case 'set aside':
      return setsAside
    case 'forget':
      return `${takesFolder} && rm -rf ${asideFolder}.*`
  }
}

/** Seeds first: a node that starts with tokens and only itself as its seed would take its place without its data. */
function places({ tokens, seeds, joins, replaces }: Start): Shell {
  const yaml = typeof tokens === 'number' ? drawnTokensYaml(tokens) : tokensYaml(tokens.map(BigInt))
  return `! ${running} && ${takesFolder} && ${empty} && ${makesDataFolders} && ${[
    writes(seedsOverride, seedsYaml(seeds)),
    writes(firstFile, firstOptions(replaces)),
    joins ? `rm -f ${unclaimedFile}` : `: >${unclaimedFile}`,
    writes(tokensFile, yaml),
    `sync ${stateFolder}`,
  ].join(' && ')}`
}

/** The tokens go first: without them nothing starts, whatever is cut. A folder is full (`whole`) or is filled up the next time. */
const setsAside = `! ${running} && ${takesFolder} && rm -f ${tokensFile} ${unclaimedFile} && sync ${stateFolder} && {
n=1; while [ -e ${asideFolder}.$n/whole ]; do n=$((n + 1)); done
${empty} && [ ! -e ${asideFolder}.$n ] || {
mkdir -p ${asideFolder}.$n && for each in ${dataFolders.join(' ')}; do
[ ! -e "$each" ] || [ -e "${asideFolder}.$n/\${each##*/}" ] || mv -T "$each" "${asideFolder}.$n/\${each##*/}" || exit 1
done && sync ${asideFolder}.$n && : >${asideFolder}.$n/whole && sync ${asideFolder}.$n ${stateFolder} &&
rm -f ${seedsOverride} && ${empty}; }; }`
