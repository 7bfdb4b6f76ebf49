import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildProgram } from '../../../../engine/programs/index.ts'

let folder: string
let cache: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-'))
  cache = join(folder, 'cache')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Sources below a folder, as old as sources are; returns the one that is started. */
function sources(place: string, files: Readonly<Record<string, string>> = {}): string {
  mkdirSync(join(folder, place), { recursive: true })
  const all = {
    'greet.ts': "import { word } from './word.ts'\nprocess.stdout.write(`${word} ${import.meta.url.slice(0, 8)}`)\n",
    'word.ts': "export const word: string = 'hello'\n",
    ...files,
  }
  for (const [name, text] of Object.entries(all)) write(join(folder, place, name), text)
  return join(folder, place, 'greet.ts')
}
let age = 1000
function write(path: string, text: string) {
  writeFileSync(path, text)
  // Each a little later than the one before, and all of them long ago.
  utimesSync(path, age, age++)
}

const said = (path: string) => execFileSync(path, { encoding: 'utf8' })
const programs = () => readdirSync(cache).filter(name => !name.endsWith('.json'))

describe('a program', () => {
  it('is one file that runs by itself, named by what is in it', async () => {
    const program = await buildProgram(sources('a'), { cache })
    const text = readFileSync(program.path)
    const sha256 = createHash('sha256').update(text).digest('hex')
    expect(program).toEqual({ path: join(cache, sha256.slice(0, 32), 'greet.cjs'), sha256, bytes: text.length })
    rmSync(join(folder, 'a'), { recursive: true })
    expect(said(program.path)).toBe('hello file:///')
  })

  it('is the same wherever its sources lie, and tells nothing of that place', async () => {
    const one = await buildProgram(sources('a'), { cache })
    const other = await buildProgram(sources('far/away'), { cache: join(folder, 'other') })
    expect(other.sha256).toBe(one.sha256)
    expect(readFileSync(one.path, 'utf8')).not.toContain(folder)
  })

  it('is not made again while nothing of it has changed', async () => {
    const entry = sources('a')
    const { path } = await buildProgram(entry, { cache })
    // Text of the same length and age is not looked into.
    const { atime, mtime } = statSync(join(folder, 'a/word.ts'))
    writeFileSync(join(folder, 'a/word.ts'), "export const word: string = 'HELLO'\n")
    utimesSync(join(folder, 'a/word.ts'), atime, mtime)
    expect((await buildProgram(entry, { cache })).path).toBe(path)
    write(join(folder, 'a/word.ts'), "export const word: string = 'HELLO'\n")
    expect(said((await buildProgram(entry, { cache })).path)).toContain('HELLO')
  })

  it('is made again where a source was changed while it was made', async () => {
    const entry = sources('a')
    const soon = new Date(Date.now() + 60_000)
    utimesSync(join(folder, 'a/word.ts'), soon, soon)
    await buildProgram(entry, { cache })
    writeFileSync(join(folder, 'a/word.ts'), "export const word: string = 'HELLO'\n")
    utimesSync(join(folder, 'a/word.ts'), soon, soon)
    expect(said((await buildProgram(entry, { cache })).path)).toContain('HELLO')
  })

  it('is made again where it was cut short, or what was noted of it', async () => {
    const entry = sources('a')
    const { path } = await buildProgram(entry, { cache })
    writeFileSync(path, 'half')
    expect(said((await buildProgram(entry, { cache })).path)).toContain('hello')
    for (const name of readdirSync(cache)) if (name.endsWith('.json')) writeFileSync(join(cache, name), '{"sha')
    expect(said((await buildProgram(entry, { cache })).path)).toContain('hello')
  })

  it('is made once where many want it at a time', async () => {
    const entry = sources('a')
    const made = await Promise.all(Array.from({ length: 8 }, () => buildProgram(entry, { cache })))
    expect(new Set(made.map(({ path }) => path)).size).toBe(1)
    expect(readdirSync(dirname(made[0]!.path))).toEqual(['greet.cjs'])
  })

  it('goes a day after it was last asked for', async () => {
    const entry = sources('a')
    const { path } = await buildProgram(entry, { cache })
    const long = Date.now() / 1000 - 2 * 86_400
    utimesSync(dirname(path), long, long)
    // Asked for: it stays.
    await buildProgram(entry, { cache })
    write(join(folder, 'a/word.ts'), "export const word: string = 'two'\n")
    await buildProgram(entry, { cache })
    expect(programs()).toHaveLength(2)
    utimesSync(dirname(path), long, long)
    write(join(folder, 'a/word.ts'), "export const word: string = 'three'\n")
    await buildProgram(entry, { cache })
    expect(existsSync(path)).toBe(false)
    expect(programs()).toHaveLength(2)
  })

  it('fails where its sources do not compile, and leaves the one there was', async () => {
    const entry = sources('a')
    const { path } = await buildProgram(entry, { cache })
    write(join(folder, 'a/word.ts'), 'export const\n')
    await expect(buildProgram(entry, { cache })).rejects.toThrow('word.ts')
    expect(existsSync(path)).toBe(true)
  })
})
