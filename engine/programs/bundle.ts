import type { BuildOptions } from 'esbuild'
import { dirname, resolve } from 'node:path'

/** How every program is bundled. Its own place is known to it when it runs, not when it is made. */
export const recipe = {
  bundle: true,
  platform: 'node',
  // The oldest Node.js of a Pi.
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
} as const satisfies BuildOptions

export interface Bundled {
  readonly contents: Uint8Array
  /** Absolute paths of all files that are in it. */
  readonly inputs: readonly string[]
}

/** Bundles a program and all it imports. The same sources give the same bytes, wherever they lie. @throws where they do not compile */
export async function bundle(entry: string): Promise<Bundled> {
  const { build } = await import('esbuild')
  const folder = dirname(entry)
  const { outputFiles, metafile } = await build({ ...recipe, absWorkingDir: folder, entryPoints: [entry], write: false, metafile: true })
  const [output] = outputFiles
  if (!output) throw new Error(`esbuild wrote nothing for ${entry}`)
  // What stands for a file that is left out has a name with a colon.
  const inputs = Object.keys(metafile.inputs).filter(file => !/^\(?[a-z]+:/.test(file))
  return { contents: output.contents, inputs: inputs.map(file => resolve(folder, file)) }
}
