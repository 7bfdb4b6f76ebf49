import { spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { smallProject, start } from './project.ts'

const cacheOf = (root: string) => join(root, 'node_modules/.cache/temperature-fleet/commands')
const bundles = (root: string) => readdirSync(cacheOf(root)).filter(name => name !== 'current.json')

test('a command is bundled once, and again after an edit of anything it is made of', () => {
  const root = smallProject({
    'scripts/lab.ts': "import { word } from './word.ts'\nconsole.log(word, process.argv.slice(2).join(' '))\n",
    'scripts/word.ts': "export const word: string = 'one'\n",
  })
  expect(start('lab', ['a', 'b'], { in: root })).toEqual({ code: 0, stdout: 'one a b\n', stderr: '' })
  expect(bundles(root)).toHaveLength(1)

  // Without esbuild it can only be the bundle that runs.
  rmSync(join(root, 'node_modules/esbuild'))
  expect(start('lab', [], { in: root }).stdout).toBe('one \n')

  writeFileSync(join(root, 'scripts/word.ts'), "export const word: string = 'other'\n")
  const missing = start('lab', [], { in: root })
  expect(missing).toMatchObject({ code: 1, stdout: '' })
  expect(missing.stderr).toBe('error: packages are missing\nhint: run `npm ci` in the project folder\n')
})

test('an edit is in the next start', () => {
  const root = smallProject({ 'scripts/lab.ts': "console.log('one')\n" })
  expect(start('lab', [], { in: root }).stdout).toBe('one\n')
  writeFileSync(join(root, 'scripts/lab.ts'), "console.log('two')\n")
  expect(start('lab', [], { in: root }).stdout).toBe('two\n')
  writeFileSync(join(root, 'scripts/fleet.ts'), "console.log('a new command')\n")
  expect(start('fleet', [], { in: root }).stdout).toBe('a new command\n')
})

test('a mistake in a source is shown with its place', () => {
  const root = smallProject({ 'scripts/lab.ts': 'const url = import.meta.url; const x = = 1\nconsole.log(url)\n' })
  expect(start('lab', [], { in: root })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'scripts/lab.ts:1:40: Unexpected "="\n  const url = import.meta.url; const x = = 1\n                                         ^\n',
  })
})

test('a source finds what lies beside it, and strings stay as they are', () => {
  const root = smallProject({ 'scripts/lab.ts': "console.log(import.meta.url, 'import.meta.url')\n" })
  expect(start('lab', [], { in: root }).stdout).toBe(`${pathToFileURL(join(root, 'scripts/lab.ts')).href} import.meta.url\n`)
})

test('commands that start together all run, and leave one whole bundle', async () => {
  const root = smallProject({ 'scripts/lab.ts': "console.log('here')\n" })
  const outputs = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, [join(root, 'scripts/bin/lab.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      for await (const chunk of child.stdout) output += String(chunk)
      return output
    }),
  )
  expect(outputs).toEqual(['here\n', 'here\n', 'here\n', 'here\n'])
  expect(bundles(root)).toHaveLength(1)
})

test('where the packages cannot be written to, the bundle is in a folder of the user', () => {
  const root = smallProject({ 'scripts/lab.ts': 'console.log(import.meta.url)\n', 'node_modules/.cache': 'in the way, even of root' })
  const other = smallProject({})
  const run = () => start('lab', [], { in: root, env: { TMPDIR: other } })
  expect(run()).toEqual({ code: 0, stdout: `${pathToFileURL(join(root, 'scripts/lab.ts')).href}\n`, stderr: '' })
  expect(readdirSync(other).filter(name => name.startsWith('temperature-fleet-'))).toHaveLength(1)
  rmSync(join(root, 'node_modules/esbuild'))
  expect(run().code).toBe(0)
  expect(existsSync(cacheOf(root))).toBe(false)
})
