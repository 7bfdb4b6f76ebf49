import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sumOf } from '../../engine/kept.ts'
import { held, mustBeAsWanted } from '../../image/held.ts'
import { writeImage } from '../../image/write.ts'
import { full, plain } from '../unit/image/cards.ts'

const programs = ['mformat', 'mcopy', 'mtype', 'mke2fs', 'debugfs', 'e2ls', 'xz']
const missing = programs.filter(
  name => ![...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'].some(folder => existsSync(path.join(folder, name))),
)
if (missing.length > 0) console.warn(`SKIPPED: images of Pis: ${missing.join(', ')} is missing (apt-get install mtools e2tools xz-utils)`)

const mib = 2 ** 20
const [bootAt, bootSize, rootAt, rootSize] = [4 * mib, 64 * mib, 68 * mib, 16 * mib]

// Small disks of the same layout as Raspberry Pi OS: FAT, then ext4.
describe.skipIf(missing.length > 0)('an image', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'image-'))
  const at = (name: string) => path.join(folder, name)
  const run = (name: string, ...args: readonly string[]) =>
    execFileSync(name, args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` } })
  const boot = (image: string) => ['-i', `${image}@@${bootAt}`]
  const progress = () => {}

  /** A disk whose system has these files, and whose boot partition has those. */
  function disk(name: string, root: readonly string[], files: Readonly<Record<string, string>>): string {
    const image = at(name)
    writeFileSync(image, '')
    truncateSync(image, rootAt + rootSize)
    const table = Buffer.alloc(512)
    table.writeUInt16LE(0xaa55, 510)
    for (const [index, [type, from, size]] of (
      [
        [0x0c, bootAt, bootSize],
        [0x83, rootAt, rootSize],
      ] as const
    ).entries()) {
      table[446 + 16 * index + 4] = type
      table.writeUInt32LE(from / 512, 446 + 16 * index + 8)
      table.writeUInt32LE(size / 512, 446 + 16 * index + 12)
    }
    const handle = openSync(image, 'r+')
    writeSync(handle, table, 0, 512, 0)
    closeSync(handle)
    run('mformat', ...boot(image), '-F', '-T', String(bootSize / 512), '-v', 'bootfs', '::')
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(at('file'), text)
      run('mcopy', '-o', ...boot(image), at('file'), `::/${file}`)
    }
    const system = at(`${name}.root`)
    for (const file of root) {
      mkdirSync(path.join(system, path.dirname(file)), { recursive: true })
      writeFileSync(path.join(system, file), '')
    }
    mkdirSync(path.join(system, 'boot/firmware'), { recursive: true })
    run('mke2fs', '-q', '-t', 'ext4', '-d', system, '-E', `offset=${rootAt}`, image, `${rootSize / 1024}k`)
    return image
  }

  let [bookworm, trixie, preseed] = ['', '', '']
  beforeAll(() => {
    const mods = '/usr/lib/raspberrypi-sys-mods/imager_custom'
    bookworm = disk('bookworm.img', [mods], { 'cmdline.txt': 'console=tty1 rootwait\n', 'config.txt': 'arm_64bit=1\n' })
    const cloud = {
      'user-data': '#cloud-config\n',
      'meta-data': 'instance_id: rpios-image\n',
      'network-config': '',
      'cmdline.txt': 'rootwait\n',
    }
    trixie = disk('trixie.img', [mods, '/usr/bin/cloud-init'], cloud)
    preseed = disk('preseed.img', ['/usr/lib/systemd/system/rpi-preseed.service'], { 'cmdline.txt': 'rootwait\n' })
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
