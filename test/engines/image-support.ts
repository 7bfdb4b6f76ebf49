import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'

const mib = 2 ** 20
const [bootAt, bootSize, rootSize] = [4 * mib, 64 * mib, 16 * mib]
/** Where the system's partition begins. */
export const rootAt = bootAt + bootSize

const programs = ['mformat', 'mcopy', 'mtype', 'mke2fs', 'debugfs', 'e2ls', 'xz']
/** Programs that these tests need and that are not here. */
export const missing = programs.filter(
  name => ![...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'].some(folder => existsSync(path.join(folder, name))),
)
if (missing.length > 0) console.warn(`SKIPPED: images of Pis: ${missing.join(', ')} is missing (apt-get install mtools e2tools xz-utils)`)

/** The program that writes a card's first settings, of bookworm and after it. */
export const mods = '/usr/lib/raspberrypi-sys-mods/imager_custom'
/** What the boot partition of an image with cloud-init has. */
export const cloud = {
  'user-data': '#cloud-config\n',
  'meta-data': 'instance_id: rpios-image\n',
  'network-config': '',
  'cmdline.txt': 'rootwait\n',
} as const

export function run(name: string, ...args: readonly string[]): string {
  return execFileSync(name, args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` } })
}

/** Options by which mtools find the boot partition of an image. */
export const boot = (image: string): readonly string[] => ['-i', `${image}@@${bootAt}`]

/**
 * Makes a small disk of the layout of Raspberry Pi OS, FAT and then ext4: its system has these files, and its boot partition has those.
 * `more`: bytes behind its partitions.
 */
export function disk(image: string, root: readonly string[], files: Readonly<Record<string, string>>, more = 0): string {
  writeFileSync(image, '')
  truncateSync(image, rootAt + rootSize + more)
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
    writeFileSync(`${image}.file`, text)
    run('mcopy', '-o', ...boot(image), `${image}.file`, `::/${file}`)
  }
  const system = `${image}.root`
  for (const file of root) {
    mkdirSync(path.join(system, path.dirname(file)), { recursive: true })
    writeFileSync(path.join(system, file), '')
  }
  mkdirSync(path.join(system, 'boot/firmware'), { recursive: true })
  run('mke2fs', '-q', '-t', 'ext4', '-d', system, '-E', `offset=${rootAt}`, image, `${rootSize / 1024}k`)
  return image
}
