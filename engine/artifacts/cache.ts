import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Artifact } from '../resources/archive.ts'

export interface ArtifactOptions {
  /** Where packed artifacts are kept; `~/.cache/temperature-fleet/artifacts` by default. */
  readonly cache?: string
  /** Told what takes a while. */
  progress?(doing: string): void
}

/** Where this user keeps what was made and can be made again. */
export function cacheRoot(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'temperature-fleet')
}

/** The SHA-2 sum of a file, in hex. */
export async function sumOf(file: string, algorithm: 'sha256' | 'sha512'): Promise<string> {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/**
 * The artifact that was made from `key`, or made now: `make` fills a file in a folder of its own.
 * The packed file is named by its content, and a note named by the key tells which it is; both appear whole or not at all.
 * One that is there costs reading that note and a stat.
 */
export async function cached(
  key: readonly string[],
  options: ArtifactOptions,
  make: (folder: string, packed: string) => Promise<void>,
): Promise<Artifact> {
  const cache = options.cache ?? join(cacheRoot(), 'artifacts')
  const note = join(cache, `${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32)}.json`)
  const known = await readFile(note, 'utf8').then(
    text => JSON.parse(text) as { sha256: string; bytes: number },
    () => undefined,
  )
  if (known) {
    const path = join(cache, `${known.sha256}.tar.gz`)
    const seen = await stat(path).catch(() => undefined)
    if (seen?.size === known.bytes) return { path, sha256: known.sha256 }
  }
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'making-'))
  try {
    const packed = join(folder, 'packed.tar.gz')
    await make(folder, packed)
    const sha256 = await sumOf(packed, 'sha256')
    const path = join(cache, `${sha256}.tar.gz`)
    const { size: bytes } = await stat(packed)
    await rename(packed, path)
    await writeFile(join(folder, 'note'), JSON.stringify({ sha256, bytes }))
    await rename(join(folder, 'note'), note)
    return { path, sha256 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
