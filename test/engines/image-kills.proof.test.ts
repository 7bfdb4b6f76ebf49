import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { afterAll, describe, expect, it } from 'vitest'
import { sumOf } from '../../engine/kept.ts'
import { cloud, disk, missing, mods, run } from './image-support.ts'

const mib = 2 ** 20
const command = path.join(import.meta.dirname, '../../scripts/bin/image.mjs')

/** `npm run proof:image-kills`: a minute. */
describe.runIf(missing.length === 0)('image write that is killed', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'image-kills-'))
  const at = (name: string) => path.join(folder, name)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('leaves no half image under its name, and the next run makes the very same one', async () => {
    writeFileSync(at('id'), ssh2.utils.generateKeyPairSync('ed25519').private, { mode: 0o600 })
    const knownHosts = at('known_hosts')
    const inventory = at('home.yaml')
    writeFileSync(
      inventory,
      JSON.stringify({
        fleet: 'home',
        ssh: { identity: at('id'), knownHosts },
        hosts: { producer1: { address: '192.0.2.21', firstBoot: { timezone: 'Europe/Berlin' } } },
      }),
    )
    const base = disk(at('base.img'), [mods, '/usr/bin/cloud-init'], cloud, 400 * mib)
    run('xz', '-k', '-0', base)
    const size = statSync(base).size
    const image = (...words: readonly string[]) =>
      spawn(process.execPath, [command, ...words, '--inventory', inventory], {
        env: { ...process.env, FLEET_IDENTITY: at('identity') },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    const ended = async (words: readonly string[]) => {
      const child = image(...words)
      let text = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (text += piece.toString()))
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, text }
    }
    const out = at('out.img')
    const write = ['write', 'producer1', '--base', `${base}.xz`, '--out', out]
    expect(await ended(['write', 'producer1', '--base', base, '--out', at('reference.img')])).toMatchObject({ code: 0 })
    const wanted = sumOf(readFileSync(at('reference.img')))
    const known = readFileSync(knownHosts, 'utf8')

    const beside = `${out}.new`
    const grown = (of: number) => existsSync(beside) && statSync(beside).size >= of
    const moments: readonly (readonly [string, () => boolean, number])[] = [
      ['it has begun', () => grown(0), 0],
      ['a quarter is copied', () => grown(size / 4), 0],
      ['half is copied', () => grown(size / 2), 0],
      ['all is copied', () => grown(size), 0],
      // Its files are written, read back and brought to the disk.
      ...[10, 30, 60, 100, 150, 250].map(ms => [`all is copied +${ms} ms`, () => grown(size), ms] as const),
      ['its key is known', () => existsSync(knownHosts), 0],
      ['it has its name', () => existsSync(out), 0],
    ]
    const seen: Record<string, string> = {}
    for (const [name, is, after] of moments) {
      rmSync(out, { force: true })
      rmSync(knownHosts, { force: true })
      const child = image(...write)
      const gone = once(child, 'close')
      for (const end = Date.now() + 60_000; !is() && child.exitCode === null; await pause(1)) expect(Date.now()).toBeLessThan(end)
      await pause(after)
      child.kill('SIGKILL')
      await gone
      const state = existsSync(out) ? 'whole' : existsSync(beside) ? 'only beside it' : 'nothing'
      seen[name] = child.signalCode === 'SIGKILL' ? state : 'it had ended'
      if (existsSync(out)) {
        // Who finds an image can use it: its key is known.
        expect(sumOf(readFileSync(out)), name).toBe(wanted)
        expect(readFileSync(knownHosts, 'utf8'), name).toBe(known)
      } else expect(await ended(write), name).toMatchObject({ code: 0 })
      expect(sumOf(readFileSync(out)), name).toBe(wanted)
      expect(readFileSync(knownHosts, 'utf8'), name).toBe(known)
      expect(readdirSync(folder).filter(file => file.startsWith('out.img'))).toEqual(['out.img'])
      expect(statSync(out).mode & 0o777).toBe(0o600)
    }
    console.log(`image write, killed when: ${JSON.stringify(seen, undefined, 1)}`)
    expect(Object.values(seen).filter(state => state === 'only beside it').length).toBeGreaterThanOrEqual(5)
    expect(await ended(['verify', 'producer1', out])).toMatchObject({ code: 0 })
  })
})
