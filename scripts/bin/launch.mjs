// Starts a command. Node 20 cannot run TypeScript, so the commands are bundled once and again after every edit; in between, a start
// is a look at the sources' times and an import.
import { readFileSync, statSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { cacheFolders } from './cache-folders.mjs'

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * Runs a command, `scripts/<name>.ts`, in this process.
 * @param {string} name
 * @param {string} set
 */
export async function launch(name, set = 'commands') {
  const entry = fresh(name, set) ?? (await rebuilt(name, set))
  if (entry === undefined) return
  await import(pathToFileURL(entry).href)
}

/**
 * The bundle of a command, if it is made from the sources as they are now.
 * @param {string} name
 * @param {string} set
 * @returns {string | undefined}
 */
function fresh(name, set) {
  for (const folder of cacheFolders(project, set)) {
    const manifest = read(folder)
    if (!manifest || !manifest.commands.includes(name)) continue
    // Joined by hand: `join` takes as long as the look itself, for some hundred files.
    if (!manifest.inputs.every(([file, mtime, size]) => isUnchanged(`${project}/${file}`, mtime, size))) continue
    const entry = join(folder, manifest.bundle, `${name}.js`)
    if (!statSync(entry, { throwIfNoEntry: false })) continue
    // Node 22 and later keep the compiled code too.
    module.enableCompileCache?.(join(folder, 'compiled'))
    return entry
  }
  return undefined
}

/**
 * @param {string} folder
 * @returns {import('./bundle.mjs').Manifest | undefined}
 */
function read(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'current.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * @param {string} file
 * @param {number} mtime
 * @param {number} size
 */
function isUnchanged(file, mtime, size) {
  const now = statSync(file, { throwIfNoEntry: false })
  return now ? now.mtimeMs === mtime && now.size === size : size === -1
}

/**
 * @param {string} name
 * @param {string} set
 */
async function rebuilt(name, set) {
  const { bundle } = await import('./bundle.mjs')
  try {
    return join(await bundle(project, set), `${name}.js`)
  } catch (error) {
    const { describe } = await import('./describe.mjs')
    process.stderr.write(await describe(error))
    process.exitCode = 1
    return undefined
  }
}
