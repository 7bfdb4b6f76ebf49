import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { PageParts } from './page.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** The style and the script of a page, with the library that draws: all of it goes into the page. */
export async function pageParts(): Promise<PageParts> {
  const require = createRequire(import.meta.url)
  const [own, library, script] = await Promise.all([
    readFile(here('page.css'), 'utf8'),
    readFile(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
    build({
      entryPoints: [here('client/draw.ts')],
      bundle: true,
      platform: 'browser',
      target: 'es2020',
      format: 'iife',
      minify: true,
      legalComments: 'inline',
      charset: 'ascii',
      write: false,
      logLevel: 'silent',
    }),
  ])
  // No text in a script element may end it.
  const text = (script.outputFiles[0]?.text ?? '').replaceAll('</', '<\\/')
  return { css: `${library}\n${own}`, script: text.trim() }
}
