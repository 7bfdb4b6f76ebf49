import { createWriteStream } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Artifact } from '../resources/archive.ts'
import { Failed } from '../errors.ts'
import { cached, sumOf, type ArtifactOptions } from './cache.ts'
import { pack } from './pack.ts'

/**
 * An official tarball, from a file or an http(s) address, as an archive without its one outer folder.
 * It is compared with its published SHA-512 before anything reads it.
 */
export async function fromTarball(source: string, sha512: string, options: ArtifactOptions = {}): Promise<Artifact> {
  const wanted = sha512.trim().toLowerCase()
  if (!/^[0-9a-f]{128}$/.test(wanted))
    throw new Failed({
      message: `the sha512 of ${source} must be 128 hex digits`,
      hint: 'it stands beside the download, in a file named .sha512',
    })
  return cached(['tarball', wanted], options, async (folder, packed) => {
    const file = join(folder, 'source.tar.gz')
    options.progress?.(`fetching ${source}`)
    await fetchTo(source, file)
    const sum = await sumOf(file, 'sha512')
    if (sum !== wanted)
      throw new Failed({
        message: `${source} is not what it should be: its sha512 is ${sum.slice(0, 16)}…, not ${wanted.slice(0, 16)}…`,
        hint: 'nothing was installed; compare the address and the sum with the publisher’s page',
      })
    const content = join(folder, 'content')
    await mkdir(content)
    const { execa } = await import('execa')
    await execa('tar', ['-xzf', file, '--no-same-owner', '--strip-components=1', '-C', content], { stdin: 'ignore' })
    options.progress?.(`packing ${source}`)
    await pack(content, packed)
  })
}

async function fetchTo(source: string, file: string): Promise<void> {
  try {
    if (!/^https?:\/\//i.test(source)) return await copyFile(source, file)
    const response = await fetch(source)
    if (!response.ok || !response.body) throw new Error(`the server answers ${response.status} ${response.statusText}`)
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file))
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : error instanceof Error ? error.message : String(error)
    throw new Failed({ message: `${source} cannot be had: ${cause}`, hint: 'is the address right, and reachable from this machine?' })
  }
}
