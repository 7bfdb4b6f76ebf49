import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archive, type Artifact } from '../../../../engine/resources/archive.ts'
import { bash, isRoot } from '../bash.ts'
import { differs, mend } from './real.ts'

const sha256 = 'ab'.repeat(32)
const app = archive('/opt/app', { path: '/cache/app.tar.gz', sha256 })
const { kind } = app
const folder = `/opt/app-${sha256.slice(0, 16)}`

test('reads where each link points', () => {
  expect(kind.ask([app.spec])).toBe(`[ -e /opt/app ] && printf '%s %s\\n' 0 "$(readlink /opt/app)"`)
  const other = archive('/opt/other', { path: 'x', sha256 })
  expect(kind.read(`0 ${folder}\n`, [app.spec, other.spec])).toEqual([folder, undefined])
  expect(kind.read('1 /opt/other folder\n', [app.spec, other.spec])).toEqual([undefined, '/opt/other folder'])
})

test('compares by content', () => {
  expect(kind.compare(app.spec, folder, [])).toEqual([])
  expect(kind.compare(app.spec, undefined, [])).toEqual([{ does: `unpack to ${folder}` }])
  expect(kind.compare(app.spec, '/opt/app-0000000000000000', [])).toEqual([{ does: `replace /opt/app-0000000000000000 by ${folder}` }])
})

test('uploads under the name of its content, checks before use, swaps last', () => {
  const [parent, upload, unpack] = kind.change(app.spec, '', [])
  const packed = `/var/tmp/provision-${sha256}.tar.gz`
  expect(parent).toEqual({ run: 'mkdir -p /opt' })
  expect(upload).toEqual({ upload: '/cache/app.tar.gz', to: packed })
  const commands = unpack && 'run' in unpack ? unpack.run.split(' && ') : []
  expect(commands.map(command => command.split(' ')[0])).toEqual(['echo', 'rm', 'mkdir', 'tar', 'rm', 'mv', 'ln', '{', 'mv', 'rm', 'find'])
  expect(commands[0]).toBe(`echo ${sha256}' ' ${packed} | sha256sum -c --quiet`)
})

describe.skipIf(!isRoot)('under a real bash', () => {
  let at: string
  const pack = (content: string): Artifact => {
    mkdirSync(`${at}/in`, { recursive: true })
    writeFileSync(`${at}/in/version`, content)
    const packed = `${at}/${content}.tar.gz`
    expect(bash(`tar -czf '${packed}' -C '${at}/in' .`).code).toBe(0)
    return { path: packed, sha256: createHash('sha256').update(readFileSync(packed)).digest('hex') }
  }
  beforeAll(() => {
    at = mkdtempSync(path.join(tmpdir(), 'archive-'))
  })
  afterAll(() => rmSync(at, { recursive: true }))

  test('made, unchanged, replaced, drifted, mended; neighbours stay', () => {
    const to = `${at}/opt/app`
    const one = archive(to, pack('one'))
    const two = archive(to, pack('two'))
    expect(mend(one)).toHaveLength(1)
    expect(mend(one)).toEqual([])
    const neighbours = ['app-mysixteenletters'.slice(0, 20), 'app-logs']
    for (const name of neighbours) mkdirSync(`${at}/opt/${name}`)
    expect(mend(two)).toEqual([expect.stringContaining(': replace ')])
    expect(readFileSync(`${to}/version`, 'utf8')).toBe('two')
    const folder = `app-${two.spec.artifact.sha256.slice(0, 16)}`
    expect(readdirSync(`${at}/opt`).sort()).toEqual(['app', folder, ...neighbours].sort())
    rmSync(`${at}/opt/${folder}`, { recursive: true })
    expect(mend(two)).toHaveLength(1)
    expect(existsSync(`/var/tmp/provision-${two.spec.artifact.sha256}.tar.gz`)).toBe(false)
  })

  test('a folder of somebody else in its place is told and moved aside, nothing in it is lost', () => {
    const to = `${at}/opt/theirs`
    const mine = archive(to, pack('mine'))
    for (const content of ['one', 'two']) {
      rmSync(to, { recursive: true, force: true })
      mkdirSync(to, { recursive: true })
      writeFileSync(`${to}/data`, content)
      expect(mend(mine)).toEqual([
        `archive ${to}: move ${to}, which is somebody else's, aside to ${to}.aside`,
        expect.stringContaining(': unpack to '),
      ])
      expect(readFileSync(`${to}/version`, 'utf8')).toBe('mine')
      expect(readFileSync(`${to}.aside/data`, 'utf8')).toBe(content)
    }
    expect(readFileSync(`${to}.aside.~1~/data`, 'utf8')).toBe('one')
  })

  test('a damaged upload leaves the old version in place', () => {
    const to = `${at}/opt/safe`
    mend(archive(to, pack('good')))
    const bad = archive(to, { ...pack('bad'), sha256: 'cd'.repeat(32) })
    const [, , unpack] = kind.change(bad.spec, '', [])
    const packed = `/var/tmp/provision-${bad.spec.artifact.sha256}.tar.gz`
    writeFileSync(packed, 'half')
    try {
      expect(bash(unpack && 'run' in unpack ? unpack.run : '').code).not.toBe(0)
    } finally {
      rmSync(packed)
    }
    expect(readFileSync(`${to}/version`, 'utf8')).toBe('good')
    expect(differs(bad)).toHaveLength(1)
  })
})
