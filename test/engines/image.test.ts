import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sumOf } from '../../engine/kept.ts'
import { held, mustBeAsWanted } from '../../image/held.ts'
import { writeImage } from '../../image/write.ts'
import { full, plain } from '../unit/image/cards.ts'
import { boot, cloud, disk, missing, mods, rootAt, run } from './image-support.ts'

// Small disks of the same layout as Raspberry Pi OS: FAT, then ext4.
describe.skipIf(missing.length > 0)('an image', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'image-'))
  const at = (name: string) => path.join(folder, name)
  const progress = () => {}

  let [bookworm, trixie, preseed] = ['', '', '']
  beforeAll(() => {
    bookworm = disk(at('bookworm.img'), [mods], { 'cmdline.txt': 'console=tty1 rootwait\n', 'config.txt': 'arm_64bit=1\n' })
    trixie = disk(at('trixie.img'), [mods, '/usr/bin/cloud-init'], cloud)
    preseed = disk(at('preseed.img'), ['/usr/lib/systemd/system/rpi-preseed.service'], { 'cmdline.txt': 'rootwait\n' })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('with cloud-init is told what other tools read there, and nothing else of it changes', async () => {
    const written = await writeImage({ base: trixie, out: at('out.img'), card: full, progress })
    expect(written).toMatchObject({
      format: 'cloud-init',
      files: ['user-data', 'network-config', 'meta-data', 'ssh'],
      base: sumOf(readFileSync(trixie)),
    })
    expect(run('mtype', ...boot(at('out.img')), '::/user-data')).toContain('hostname: producer1')
    expect(
      run('mdir', '-b', ...boot(at('out.img')), '::/')
        .trim()
        .split('\n')
        .sort(),
    ).toEqual(['::/cmdline.txt', '::/meta-data', '::/network-config', '::/ssh', '::/user-data'].sort())
    // The card holds keys.
    expect(statSync(at('out.img')).mode & 0o777).toBe(0o600)
    const system = (file: string) => readFileSync(file).subarray(rootAt)
    expect(system(at('out.img')).equals(system(trixie))).toBe(true)
    writeFileSync(at('system.ext4'), system(at('out.img')))
    expect(run('e2ls', `${at('system.ext4')}:/usr/bin`)).toContain('cloud-init')
  })

  it('is the same to the byte when it is made again, packed or not', async () => {
    await writeImage({ base: trixie, out: at('first.img'), card: full, progress })
    run('xz', '-k', '-0', trixie)
    // FAT counts time in steps of two seconds.
    await new Promise(resolve => setTimeout(resolve, 2100))
    await writeImage({ base: `${trixie}.xz`, out: at('second.img'), card: full, progress })
    expect(sumOf(readFileSync(at('second.img')))).toBe(sumOf(readFileSync(at('first.img'))))
  })

  it('of bookworm runs a script once; one with rpi-preseed has its file', async () => {
    expect((await writeImage({ base: bookworm, out: at('b.img'), card: full, progress })).format).toBe('firstrun')
    expect(run('mtype', ...boot(at('b.img')), '::/cmdline.txt')).toMatch(
      /^console=tty1 rootwait systemd\.run=\/boot\/firmware\/firstrun\.sh .*\n$/,
    )
    expect(run('mtype', ...boot(at('b.img')), '::/firstrun.sh')).toContain('#!/bin/bash')
    expect((await writeImage({ base: preseed, out: at('p.img'), card: plain, progress })).files).toEqual(['rpi-preseed.toml'])
    expect(run('mtype', ...boot(at('p.img')), '::/rpi-preseed.toml')).toContain('hostname = "producer1"')
  })

  it('is read back: as wanted, or what differs', async () => {
    await writeImage({ base: trixie, out: at('read.img'), card: full, progress })
    const same = await held(at('read.img'), full)
    expect(same.files.map(({ is }) => is)).toEqual(['as wanted', 'as wanted', 'as wanted', 'as wanted'])
    run('mdel', ...boot(at('read.img')), '::/network-config')
    const other = await held(at('read.img'), { ...full, timezone: 'Europe/Paris' })
    expect(() => mustBeAsWanted(other, 'read.img', 'producer1')).toThrow(
      'read.img is not the card of producer1 as the inventory has it now: user-data is different, network-config is missing, meta-data is different',
    )
  })

  it('of a base that is another one, is cut, or is none leaves nothing behind', async () => {
    const out = at('none.img')
    await expect(writeImage({ base: trixie, out, card: plain, sha256: '0'.repeat(64), progress })).rejects.toThrow(
      /is not what --sha256 says: its SHA-256 is/,
    )
    writeFileSync(`${trixie}.sha256`, `${sumOf(readFileSync(trixie))}  ${path.basename(trixie)}\n`)
    expect((await writeImage({ base: trixie, out: at('checked.img'), card: plain, progress })).checkedBy).toBe(`${trixie}.sha256`)
    const packed = readFileSync(`${trixie}.xz`)
    writeFileSync(at('cut.img.xz'), packed.subarray(0, packed.length / 2))
    await expect(writeImage({ base: at('cut.img.xz'), out, card: plain, progress })).rejects.toThrow('cannot be unpacked')
    await expect(
      writeImage({ base: bookworm + '.root/usr/lib/raspberrypi-sys-mods/imager_custom', out, card: plain, progress }),
    ).rejects.toThrow('no partition table')
    expect([existsSync(out), existsSync(`${out}.new`)]).toEqual([false, false])
  })
})
