import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome')

/** What the linter says of a folder of these files, under this project's rules. */
function lint(files: Readonly<Record<string, string>>): { readonly code: number | null; readonly said: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'circles-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(path.join(root, 'biome.json'), path.join(folder, 'biome.json'))
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text)
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, 'lint', '.'], { cwd: folder, encoding: 'utf8' })
  return { code: status, said: stdout + stderr }
}

test.for([
  ['values', "import { b } from './b.ts'\nexport const a = () => b\n", "import { a } from './a.ts'\nexport const b = () => a\n"],
  ['types', "import type { B } from './b.ts'\nexport type A = B[]\n", "import type { A } from './a.ts'\nexport type B = A[]\n"],
  ['import()', "export const a = () => import('./b.ts')\n", "import { a } from './a.ts'\nexport const b = () => a\n"],
] as const)('files that import each other are refused: %s', ([, a, b]) => {
  const { code, said } = lint({ 'a.ts': a, 'b.ts': b })
  expect(said).toContain('noImportCycles')
  expect(code).toBe(1)
})

test('imports in one direction are fine', () => {
  expect(lint({ 'a.ts': "import { b } from './b.ts'\nexport const a = b\n", 'b.ts': 'export const b = 1\n' }).code).toBe(0)
})

test('no file of this project imports itself by way of others', () => {
  expect(() => execFileSync(process.execPath, [biome, 'lint', '.'], { cwd: root, stdio: 'pipe' })).not.toThrow()
})
