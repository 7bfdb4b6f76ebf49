// Bundles all commands into the cache. Only loaded when a source has changed.
import { createHash, randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isOurs, temporaryFolder } from './cache-folders.mjs'
import { farPackages, ownVersion, sourceUrls, standIns } from './plugins.mjs'

/**
 * What a bundle was made from. A size of -1 stands for a file that is not there.
 * @typedef {{ readonly bundle: string, readonly commands: readonly string[], readonly inputs: readonly [file: string, mtime: number, size:
 * number][] }} Manifest
 */

/**
 * What is bundled together: entries by command, and sources that others stand in for.
 * @type {Readonly<Record<string, { readonly entries: Readonly<Record<string, string>>, readonly instead: Readonly<Record<string, string>>
 * }>>}
 */
const sets = {
  commands: {
    entries: Object.fromEntries(
      [
        'provision',
        'lab',
        'secret',
        'fleet',
        'status',
        'collect',
        'rebalance',
        'rotate',
        'report',
        'bench',
        'image',
        'backup',
        'demo',
        'pin-jars',
      ].map(name => [name, `scripts/${name}.ts`]),
    ),
    instead: {},
  },
  // The commands as they are, with one more role, and what measures them.
  bench: {
    entries: {
      provision: 'scripts/provision.ts',
      lab: 'scripts/lab.ts',
      ...Object.fromEntries(
        [
          'noop',
          'first',
          'many',
          'scrape',
          'cassandra-scale',
          'cassandra-by-day',
          'cassandra-tls',
          'kafka',
          'kafka-scale',
          'mqtt',
          'tls',
          'card',
          'sink',
          'backup',
          'flink',
        ].map(name => [name, `bench/${name}.ts`]),
      ),
    },
    instead: { 'roles/index.ts': 'bench/roles.ts' },
  },
}
/** These decide what a bundle is, too. */
const own = ['launch', 'places', 'bundle', 'plugins'].map(name => join('scripts', 'bin', `${name}.mjs`))
const oneDay = 24 * 60 * 60 * 1000

/** Packages that come in CommonJS expect these; each chunk has its own. Its sources use none of the names they are imported by. */
const banner = `import { createRequire as bannerRequire } from 'node:module';
import { dirname as bannerDirname } from 'node:path';
import { fileURLToPath as bannerPath } from 'node:url';
const require = bannerRequire(import.meta.url), __filename = bannerPath(import.meta.url), __dirname = bannerDirname(__filename);`

/**
 * Bundles the commands of a project and returns the folder they are in.
 * @param {string} project
 * @param {string} set
 * @returns {Promise<string>}
 */
export async function bundle(project, set = 'commands') {
  const { build } = await import('esbuild')
  const began = Date.now()
  const commands = commandsOf(project, set)
  const { outputFiles, metafile } = await build(buildOptions(project, set))
  const sources = Object.keys(metafile.inputs).filter(file => !/(^|\/)node_modules\//.test(file) && !file.includes(':'))
  const inputs = [...sources, 'package-lock.json', 'node_modules/.package-lock.json', ...own].map(file => stamp(project, file, began))
  const files = outputFiles.map(({ path, contents }) => ({ path: relative(join(project, 'scripts'), path), contents }))
  return store(writableFolder(project, set), files, { commands, inputs })
}

/**
 * How the commands of a project are built.
 * @param {string} project
 * @param {string} set
 * @returns {import('esbuild').BuildOptions & { write: false, metafile: true }}
 */
export function buildOptions(project, set = 'commands') {
  const { entries = {}, instead = {} } = sets[set] ?? {}
  return {
    absWorkingDir: project,
    entryPoints: commandsOf(project, set).map(name => ({ in: join(project, entries[name] ?? ''), out: name })),
    outdir: join(project, 'scripts'),
    bundle: true,
    splitting: true,
    // A third less to parse at each start. Names stay: they are in messages.
    minifyWhitespace: true,
    minifySyntax: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Text of one byte a character is read faster, and takes half the memory.
    charset: 'ascii',
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    sourceRoot: pathToFileURL(join(project, 'scripts', '/')).href,
    external: ['*.node', 'cpu-features'],
    banner: { js: banner },
    plugins: [farPackages(project), ownVersion(project), sourceUrls(project), standIns(project, instead)],
    logLevel: 'silent',
  }
}

/**
 * The commands of a set whose sources are there.
 * @param {string} project
 * @param {string} set
 */
function commandsOf(project, set) {
  const { entries = {} } = sets[set] ?? {}
  return Object.keys(entries).filter(name => existsSync(join(project, entries[name] ?? '')))
}

/**
 * A file that was changed while the bundle was made may be in it as it was before: it counts as changed next time.
 * @param {string} project
 * @param {string} file
 * @param {number} began
 * @returns {[string, number, number]}
 */
function stamp(project, file, began) {
  const stat = statSync(join(project, file), { throwIfNoEntry: false })
  if (!stat) return [file, 0, -1]
  return [file, stat.mtimeMs >= began ? 0 : stat.mtimeMs, stat.size]
}

/**
 * Puts a whole folder in its place at once: of commands that start together each finds a whole one.
 * @param {string} cache
 * @param {{ path: string, contents: Uint8Array }[]} files
 * @param {Omit<Manifest, 'bundle'>} made
 */
function store(cache, files, made) {
  const hash = createHash('sha256')
  for (const { path, contents } of files) hash.update(path).update('\0').update(contents)
  const id = hash.digest('hex').slice(0, 16)
  const folder = join(cache, id)
  const beside = join(cache, `${id}.${process.pid}.${randomBytes(4).toString('hex')}`)
  if (!existsSync(folder)) {
    for (const { path, contents } of files) {
      mkdirSync(dirname(join(beside, path)), { recursive: true })
      writeFileSync(join(beside, path), contents)
    }
    // The folder's bundles are modules wherever it lies.
    writeFileSync(join(beside, 'package.json'), '{"type":"module"}\n')
    try {
      renameSync(beside, folder)
    } catch (error) {
      rmSync(beside, { recursive: true, force: true })
      if (!existsSync(folder)) throw error
    }
  } else attempt(() => utimesSync(folder, new Date(), new Date()))
  writeFileSync(`${beside}.json`, JSON.stringify({ bundle: id, ...made }))
  renameSync(`${beside}.json`, join(cache, 'current.json'))
  prune(cache, id)
  return folder
}

/**
 * Removes bundles nobody can still be running.
 * @param {string} cache
 * @param {string} current
 */
function prune(cache, current) {
  for (const name of readdirSync(cache)) {
    if (!/^[0-9a-f]{16}/.test(name) || name === current) continue
    const stat = statSync(join(cache, name), { throwIfNoEntry: false })
    if (stat && Date.now() - stat.mtimeMs > oneDay) attempt(() => rmSync(join(cache, name), { recursive: true, force: true }))
  }
}

/**
 * @param {() => void} action
 */
function attempt(action) {
  try {
    action()
  } catch {
    // Tidying up what another user made fails, and matters to nobody.
  }
}

/**
 * @param {string} project
 * @param {string} set
 */
function writableFolder(project, set) {
  try {
    return projectFolder(project, set)
  } catch {
    const folder = temporaryFolder(project, set)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!isOurs(folder)) throw new Error(`${folder} belongs to somebody else, and node_modules cannot be written to`)
    return folder
  }
}

/**
 * Under sudo what is made belongs to whom the project belongs, so that the same commands work without sudo afterwards.
 * @param {string} project
 * @param {string} set
 */
function projectFolder(project, set) {
  let folder = join(project, 'node_modules')
  const { uid, gid } = statSync(folder)
  for (const part of ['.cache', 'temperature-fleet', set]) {
    folder = join(folder, part)
    if (existsSync(folder)) continue
    mkdirSync(folder)
    if (process.getuid?.() === 0 && uid !== 0) chownSync(folder, uid, gid)
  }
  const probe = join(folder, `.${process.pid}.${randomBytes(4).toString('hex')}`)
  writeFileSync(probe, '')
  rmSync(probe)
  return folder
}
