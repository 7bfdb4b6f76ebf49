import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface CollectorBundle {
  /** Absolute path of the one file. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

const entry = fileURLToPath(new URL('collect.ts', import.meta.url))
const defaultCache = fileURLToPath(new URL('../node_modules/.cache/temperature-fleet/', import.meta.url))

/**
 * Bundles the collector with everything it needs into one file for Node 18 and later, any architecture.
 * The same sources give the same bytes; the file is named after them, so one that is there is the right one.
 * @throws where the sources do not compile
 */
export async function buildCollector(cache = defaultCache): Promise<CollectorBundle> {
  const { outputFiles } = await build({
    entryPoints: [entry],
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
  const directory = join(cache, `collect-${sha256.slice(0, 16)}`)
  const path = join(directory, 'collect.cjs')
  if (!existsSync(path)) {
    await mkdir(directory, { recursive: true })
    const beside = `${path}.${process.pid}`
    await writeFile(beside, output.contents, { mode: 0o755 })
    await rename(beside, path)
  }
  return { path, sha256, bytes: output.contents.length }
}
