// A process of its own that asks for secrets: ask.mjs INVENTORY HOME NAME… prints their values as JSON.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const root = path.join(import.meta.dirname, '../../../..')
mkdirSync(path.join(root, '.cache'), { recursive: true })
// Inside the project, so that the bundle finds its packages.
const folder = mkdtempSync(path.join(root, '.cache/ask-'))
const bundle = path.join(folder, 'secrets.mjs')
try {
  // Node 20 does not run TypeScript by itself.
  await build({
    entryPoints: [path.join(root, 'engine/secrets/secrets.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: bundle,
    logLevel: 'error',
  })
  const { openSecrets } = await import(bundle)
  const [inventory, home, ...names] = process.argv.slice(2)
  const secrets = openSecrets(inventory, { env: {}, home })
  console.log(JSON.stringify(names.map(name => secrets.get(name))))
} finally {
  rmSync(folder, { recursive: true })
}
