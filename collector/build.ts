import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface CollectorBundle {
  /** Absolute path of the one file. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

/** The checkout this code belongs to, also when it runs out of a bundle somewhere below it. */
function project(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (
      existsSync(join(folder, 'collector', 'collect.ts')) &&
      existsSync(manifest) &&
      readFileSync(manifest, 'utf8').includes('"temperature-fleet"')
    )
      return folder
  }
  throw new Error('the sources of the collector are not above this program')
}

/**
 * Bundles the collector with everything it needs into one file for Node 18 and later, any architecture.
 * The same sources give the same bytes; the file is named after them, so one that is there is the right one.
 * Sources that have not changed since the last time are not bundled again.
 * @throws where the sources do not compile
 */
export async function buildCollector(cache?: string): Promise<CollectorBundle> {
  const root = project()
  const folder = cache ?? join(root, 'node_modules/.cache/temperature-fleet')
  const remembered = join(folder, 'collect.json')
  const state = await stateOf(root)
  const last = await readFile(remembered, 'utf8').then(
    text => JSON.parse(text) as CollectorBundle & { state: string },
    () => undefined,
  )
  if (last?.state === state && existsSync(last.path)) return { path: last.path, sha256: last.sha256, bytes: last.bytes }
  const bundle = await make(root, folder)
  const beside = `${remembered}.${process.pid}`
  await writeFile(beside, JSON.stringify({ ...bundle, state }))
  await rename(beside, remembered)
  return bundle
}

// Names, sizes and times of all that goes into the bundle.
async function stateOf(root: string): Promise<string> {
  const sources = (await readdir(join(root, 'collector'), { recursive: true }))
    .filter(name => name.endsWith('.ts'))
    .sort()
    .map(name => join(root, 'collector', name))
  const lines = await Promise.all(
    [...sources, join(root, 'package-lock.json')].map(async file => {
      const { size, mtimeMs } = await stat(file)
      return `${file} ${size} ${mtimeMs}`
    }),
  )
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

async function make(root: string, folder: string): Promise<CollectorBundle> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [join(root, 'collector/collect.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node18',
    format: 'cjs',
    minify: true,
    // Function names stay readable in the traces of a Pi that nobody can attach a debugger to.
    keepNames: true,
    legalComments: 'inline',
    charset: 'utf8',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "#!/usr/bin/env node\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'silent',
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild wrote nothing')
  const sha256 = createHash('sha256').update(output.contents).digest('hex')
  const directory = join(folder, `collect-${sha256.slice(0, 16)}`)
  const path = join(directory, 'collect.cjs')
  if (!existsSync(path)) {
    await mkdir(directory, { recursive: true })
    const beside = `${path}.${process.pid}`
    await writeFile(beside, output.contents, { mode: 0o755 })
    await rename(beside, path)
  }
  return { path, sha256, bytes: output.contents.length }
}
