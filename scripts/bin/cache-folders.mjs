import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Where bundles may be, best first: in the project, and for a project that cannot be written to in a folder of the user's own.
 * @param {string} project
 * @param {string} set
 * @returns {string[]}
 */
export function cacheFolders(project, set = 'commands') {
  const own = join(project, 'node_modules', '.cache', 'temperature-fleet', set)
  const other = temporaryFolder(project, set)
  return isOurs(other) ? [own, other] : [own]
}

/**
 * @param {string} project
 * @param {string} set
 * @returns {string}
 */
export function temporaryFolder(project, set = 'commands') {
  const id = createHash('sha256')
    .update(set === 'commands' ? project : `${project}\0${set}`)
    .digest('hex')
    .slice(0, 12)
  return join(tmpdir(), `temperature-fleet-${process.getuid?.() ?? 0}-${id}`)
}

/**
 * What is in a folder for everybody is only run when nobody else can have put it there.
 * @param {string} folder
 */
export function isOurs(folder) {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return false
  return process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0)
}
