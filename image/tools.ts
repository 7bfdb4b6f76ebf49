import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { Failed } from '../engine/errors.ts'
import type { BootFile } from './first-boot.ts'
import type { Partition } from './partitions.ts'

/** Dates on the boot partition: always this one, so that the same card is the same to the byte. */
const dated = new Date('2020-01-01T00:00:00Z')

/** The FAT partition of an image, by mtools: no root, no mount. */
export class BootFolder {
  readonly #at: string

  constructor(file: string, partition: Partition) {
    this.#at = `${file}@@${partition.offset}`
  }

  /** Names of its top folder. */
  async names(): Promise<readonly string[]> {
    const listed = await tool('mdir', ['-b', '-i', this.#at, '::/'])
    return listed.split('\n').flatMap(line => /^::\/([^/]+)\/?$/.exec(line.trim())?.[1] ?? [])
  }

  /** A file's text; undefined where it is not there. */
  async read(name: string): Promise<string | undefined> {
    const there = (await this.names()).some(each => each.toLowerCase() === name.toLowerCase())
    return there ? await tool('mtype', ['-i', this.#at, `::/${name}`]) : undefined
  }

  /** Writes files over those of the same names. */
  async write(files: readonly BootFile[]): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'card-'))
    try {
      for (const { name, text } of files) {
        const file = join(folder, name)
        await writeFile(file, text, { mode: 0o600 })
        await utimes(file, dated, dated)
        await tool('mcopy', ['-o', '-m', '-i', this.#at, file, `::/${name}`])
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Which of these paths the ext4 partition of an image has, by debugfs: no root, no mount. */
export async function inRoot(file: string, { offset }: Partition, paths: readonly string[]): Promise<readonly string[]> {
  const asked = paths.map(path => `stat ${path}`).join('\n')
  const { stdout, failed, stderr } = await program('debugfs', ['-f', '-', `${file}?offset=${offset}`], asked)
  if (failed && stdout === '') throw new Failed({ message: `the system of ${file} cannot be read: ${stderr.trim()}` })
  const parts = stdout.split(/^debugfs: stat /m).slice(1)
  return parts.flatMap(part => {
    const [path, ...lines] = part.split('\n')
    return path !== undefined && lines.some(line => line.startsWith('Inode:')) ? [path.trim()] : []
  })
}

async function tool(name: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr, failed } = await program(name, args)
  if (failed) throw new Failed({ message: `${name} failed on the image’s boot partition: ${stderr.trim().split('\n').at(-1) ?? ''}` })
  return stdout
}

async function program(name: string, args: readonly string[], input = '') {
  const done = await execa(name, args, {
    input,
    reject: false,
    stripFinalNewline: false,
    // A partition that does not fill whole tracks is none of mtools' business; times are the same in every time zone.
    env: { MTOOLS_SKIP_CHECK: '1', TZ: 'UTC', LC_ALL: 'C.UTF-8', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  })
  if (done.code === 'ENOENT') {
    throw new Failed({
      message: `${name} is not there: it reads and writes images without root`,
      hint: 'install it: apt-get install mtools e2fsprogs (macOS: brew install mtools e2fsprogs)',
    })
  }
  return { stdout: done.stdout, stderr: done.stderr, failed: done.failed }
}
