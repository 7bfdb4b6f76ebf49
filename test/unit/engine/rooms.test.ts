import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ESLint } from 'eslint'
import { expect, test } from 'vitest'
import { registry } from '../../../roles/index.ts'

const root = path.resolve(import.meta.dirname, '../../..')

// `base` is a word of the language; what is no role yet, or has another name, is told here.
const products = [...registry.names.filter(name => name !== 'base'), 'mysql', 'kafka', 'flink', 'mosquitto', 'prometheus', 'grafana']

test.for(['engine', 'cli'])('%s/ knows no product by name, not even in a comment', room => {
  expect(products).toContain('cassandra')
  const named = new RegExp(products.join('|'), 'i')
  const sources = readdirSync(path.join(root, room), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
  expect(sources.length).toBeGreaterThan(10)
  const found = sources.flatMap(file =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => (named.test(line) ? [`${path.relative(root, file)}:${index + 1}: ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})

const lint = new ESLint({ cwd: root })
async function refused(file: string, specifier: string): Promise<boolean[]> {
  const texts = [`import '${specifier}'\n`, `await import('${specifier}')\n`]
  return Promise.all(
    texts.map(async text => (await lint.lintText(text, { filePath: path.join(root, file) })).some(result => result.errorCount > 0)),
  )
}

test.for<[string, string]>([
  ['engine/ssh/a.ts', '../../roles/base/index.ts'],
  ['engine/a.ts', '../lab/index.ts'],
  ['engine/a.ts', '../collector/entry.ts'],
  ['engine/run/a.ts', '../../cli/output.ts'],
  ['cli/a.ts', '../roles/index.ts'],
  ['cli/a.ts', '../scripts/actions/fleet-of.ts'],
  ['cli/a.ts', '../lab/index.ts'],
  ['lab/a.ts', '../roles/base/index.ts'],
  ['lab/host/a.ts', '../../scripts/bin/lab.mjs'],
  ['collector/backends/a.ts', '../../engine/shell.ts'],
  ['roles/one/a.ts', '../two/index.ts'],
  ['roles/one/a.ts', '../two/vars.ts'],
  ['roles/one/parts/a.ts', '../../two/vars.ts'],
  ['roles/one/a.ts', '../../lab/index.ts'],
  ['roles/one/a.ts', '../../collector/agent.ts'],
  ['stacks/a.ts', '../engine/ssh/session.ts'],
  ['scripts/a.ts', '../test/packages.ts'],
  ['roles/one/a.ts', '../../charts/page.ts'],
  ['engine/a.ts', '../charts/page.ts'],
  ['charts/a.ts', '../scripts/report.ts'],
  ['charts/a.ts', '../cli/output.ts'],
])('%s may not import %s', async ([file, specifier]) => {
  expect(await refused(file, specifier)).toEqual([true, true])
})

test.for<[string, string]>([
  ['engine/ssh/a.ts', '../shell.ts'],
  ['lab/host/a.ts', '../../engine/shell.ts'],
  ['roles/one/a.ts', '../../engine/shell.ts'],
  ['roles/one/a.ts', '../offers.ts'],
  ['roles/one/a.ts', './parts/memory.ts'],
  ['roles/one/parts/a.ts', '../vars.ts'],
  ['roles/one/a.ts', '../../collector/entry.ts'],
  ['stacks/a.ts', '../engine/inventory/load.ts'],
  ['scripts/a.ts', '../lab/index.ts'],
  ['scripts/a.ts', '../charts/page.ts'],
  ['charts/a.ts', '../roles/offers.ts'],
  ['scripts/a.ts', '../cli/output.ts'],
  ['roles/one/a.ts', '../../cli/output.ts'],
  ['cli/a.ts', '../engine/shell.ts'],
  ['test/lab/a.ts', '../../lab/index.ts'],
])('%s may import %s', async ([file, specifier]) => {
  expect(await refused(file, specifier)).toEqual([false, false])
})
