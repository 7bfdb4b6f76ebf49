import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failed } from '../engine/errors.ts'
import { bootFiles, type BootPartition } from './boot-files.ts'
import { expectedSum } from './checksum.ts'
import { copyImage, type Progress } from './copy.ts'
import { detect, readers, type Format } from './detect.ts'
import type { BootFile, FirstBoot } from './first-boot.ts'
import { partitions, type Partitions } from './partitions.ts'
import { BootFolder, inRoot } from './tools.ts'

/** What an image is made of. */
export interface WriteImage {
  readonly base: string
  readonly out: string
  readonly card: FirstBoot
  /** Absent: seen in the image. */
  readonly format?: Format
  readonly sha256?: string
  readonly progress: Progress
  /** Done when all is on the disk, before the image gets its name: who finds an image can use it. */
  readonly beforeNamed?: () => Promise<void>
}

/** What became of it. */
export interface Written {
  readonly format: Format
  readonly files: readonly string[]
  /** SHA-256 of the base, and who said that it is the right one; absent: nobody. */
  readonly base: string
  readonly checkedBy?: string
}

/**
 * Makes the image of one host: a copy of the base that is told who it is. As a whole or not at all: it gets its name when it was read back.
 * @throws Failed where the base is another one, is none, or cannot be told
 */
export async function writeImage({ base, out, card, format: given, sha256, progress, beforeNamed }: WriteImage): Promise<Written> {
  const expected = await expectedSum(base, sha256)
  const beside = `${out}.new`
  try {
    const sum = await copyImage(base, beside, progress)
    if (expected && expected.sum !== sum) {
      throw new Failed({
        message: `${base} is not what ${expected.from} says: its SHA-256 is ${sum}, not ${expected.sum}`,
        hint: 'download it again',
      })
    }
    const layout = await layoutOf(beside, base)
    const boot = new BootFolder(beside, layout.boot)
    const format = given ?? (await formatOf(beside, layout, boot, base))
    const files = bootFiles(format, card, await bootOf(boot, beside, layout))
    await boot.write(files)
    await readBack(boot, files)
    await toDisk(beside)
    await beforeNamed?.()
    await rename(beside, out)
    await toDisk(dirname(out))
    return { format, files: files.map(({ name }) => name), base: sum, ...(expected && { checkedBy: expected.from }) }
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/** The partitions of an image. `named` is how messages call it. */
export async function layoutOf(file: string, named = file): Promise<Partitions> {
  const handle = await open(file)
  try {
    const start = Buffer.alloc(512)
    const { bytesRead } = await handle.read(start, 0, 512, 0)
    return partitions(start.subarray(0, bytesRead), named)
  } finally {
    await handle.close()
  }
}

/** Who reads the boot partition of an image. */
export async function formatOf(file: string, { root }: Partitions, boot: BootFolder, named = file): Promise<Format> {
  return detect({ boot: await boot.names(), root: await inRoot(file, root, Object.values(readers).flat()) }, named)
}

/** What decides about the files of a boot partition. */
export async function bootOf(boot: BootFolder, file: string, { root }: Partitions): Promise<BootPartition> {
  const commandLine = await boot.read('cmdline.txt')
  const mount = (await inRoot(file, root, ['/boot/firmware'])).length > 0 ? ('/boot/firmware' as const) : ('/boot' as const)
  return { mount, ...(commandLine !== undefined && { commandLine }) }
}

async function readBack(boot: BootFolder, files: readonly BootFile[]): Promise<void> {
  for (const { name, text } of files) {
    if ((await boot.read(name)) !== text) throw new Failed({ message: `${name} is not on the boot partition as it was written` })
  }
}

async function toDisk(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
