import { join } from 'node:path'
import { labPaths, sourceFile } from './paths.ts'

/**
 * One of the lab's own background programs as a single JavaScript file beside the lab's state: it outlives this command, and Node below
 * 22 does not run TypeScript.
 * @returns the file's path
 */
export async function bundled(fleetName: string, name: string, entry: string): Promise<string> {
  const outfile = join(labPaths(fleetName).dir, `${name}.mjs`)
  const { build } = await import('esbuild')
  await build({
    entryPoints: [sourceFile(entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
  })
  return outfile
}
