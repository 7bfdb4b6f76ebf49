import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { file } from '../../../../engine/resources/file.ts'
import { askOwned, askPackaged, noteOwned } from '../../../../engine/resources/owned.ts'
import { bash, isRoot } from '../bash.ts'
import { differs, mend, provisionFolder } from './real.ts'

const hasDpkg = existsSync('/usr/bin/dpkg-deb')

// A real package, installed by the real dpkg into a database of its own.
describe.skipIf(!isRoot || !hasDpkg)('a file that a package brought', () => {
  let at: string
  let conf: string
  const admin = () => path.join(at, 'dpkg')
  const here = (text: string) => text.replaceAll('/var/lib/provision', provisionFolder())
  const asks = () => bash(`set -x\n${here(`${askOwned}\n${askPackaged([conf])}`)}`)

  beforeAll(() => {
    at = mkdtempSync(path.join(tmpdir(), 'owned-'))
    conf = path.join(at, 'etc', "it's $app.conf")
    const tree = path.join(at, 'tree')
    mkdirSync(path.join(tree, 'DEBIAN'), { recursive: true })
    mkdirSync(path.join(tree, at, 'etc'), { recursive: true })
    writeFileSync(
      path.join(tree, 'DEBIAN/control'),
      'Package: app\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: app\n',
    )
    writeFileSync(path.join(tree, 'DEBIAN/conffiles'), `${conf}\n`)
    writeFileSync(path.join(tree, conf), 'as it came\n')
    for (const folder of ['updates', 'info', 'triggers']) mkdirSync(path.join(admin(), folder), { recursive: true })
    for (const name of ['status', 'available']) writeFileSync(path.join(admin(), name), '')
    execFileSync('dpkg-deb', ['--build', tree, path.join(at, 'app.deb')], { stdio: 'pipe' })
    vi.stubEnv('DPKG_ADMINDIR', admin())
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(at, { recursive: true })
  })
  const install = () => {
    rmSync(conf, { force: true })
    execFileSync('dpkg', ['--admindir', admin(), '--force-bad-path', '--force-confmiss', '-i', path.join(at, 'app.deb')], { stdio: 'pipe' })
    expect(readFileSync(conf, 'utf8')).toBe('as it came\n')
  }

  test('is nothing to keep, and ours from then on', () => {
    install()
    expect(mend(file(conf, 'ours'))).toEqual([`file ${conf}: change content`])
    expect(existsSync(`${conf}.before-provision`)).toBe(false)
    appendFileSync(conf, 'drifted')
    expect(differs(file(conf, 'ours'))).toEqual([`file ${conf}: change content`])
  })

  test('is kept where somebody changed it, and where it was given back', () => {
    install()
    expect(bash(here(noteOwned('back', conf))).code).toBe(0)
    expect(differs(file(conf, 'ours'))).toEqual([`file ${conf}: change content`])
    appendFileSync(conf, 'and a line of ours')
    expect(differs(file(conf, 'ours'))[0]).toContain('keep what stands there')
  })

  test('is not asked for where it is ours, kept already, or not there', () => {
    install()
    expect(bash(here(noteOwned('back', conf))).code).toBe(0)
    expect(asks()).toMatchObject({
      stdout: expect.stringContaining(`packaged ${conf}\n`) as string,
      stderr: expect.stringContaining('dpkg-query') as string,
    })
    writeFileSync(`${conf}.before-provision`, '')
    expect(asks().stderr).not.toContain('dpkg-query')
    rmSync(`${conf}.before-provision`)
    expect(bash(here(noteOwned('ours', conf))).code).toBe(0)
    expect(asks()).toMatchObject({
      stdout: expect.stringContaining(`ours ${conf}\n`) as string,
      stderr: expect.not.stringContaining('dpkg-query') as string,
    })
    rmSync(conf)
    expect(bash(here(noteOwned('back', conf))).code).toBe(0)
    expect(asks().stderr).not.toContain('dpkg-query')
  })

  test('is known for dpkg’s where nobody wrote down yet what is ours', () => {
    install()
    rmSync(path.join(provisionFolder(), 'files'), { force: true })
    expect(differs(file(conf, 'ours'))).toEqual([`file ${conf}: change content`])
  })
})
