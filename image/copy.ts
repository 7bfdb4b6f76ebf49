import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { PassThrough, Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { execa } from 'execa'
import { Failed } from '../engine/errors.ts'

/** How far a copy is: bytes read of how many. */
export type Progress = (done: number, of: number) => void

/**
 * Copies an image, unpacked where it is packed (.xz, .gz), and returns the SHA-256 of the file as it was given, in hexadecimal.
 * @throws Failed where it cannot be unpacked
 */
export async function copyImage(from: string, to: string, progress: Progress): Promise<string> {
  const { size } = await stat(from)
  const hash = createHash('sha256')
  let done = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk)
      done += chunk.length
      progress(done, size)
      next(null, chunk)
    },
  })
  // The file may hold a Wi-Fi key and a host key.
  const out = createWriteStream(to, { mode: 0o600, flags: 'w', flush: true })
  const source = createReadStream(from, { highWaterMark: 1 << 20 })
  if (from.endsWith('.xz')) await unpackXz(source, counted, out, from)
  else if (from.endsWith('.gz')) await pipeline(source, counted, createGunzip(), out)
  else if (/\.(zip|zst|7z|bz2)$/.test(from)) {
    throw new Failed({ message: `${from} is packed in a way that is not read here`, hint: 'unpack it first, or take the .img.xz' })
  } else await pipeline(source, counted, out)
  return hash.digest('hex')
}

async function unpackXz(source: Readable, counted: Transform, out: NodeJS.WritableStream, from: string): Promise<void> {
  const packed = new PassThrough()
  const xz = execa('xz', ['-dc'], { input: packed, stdout: 'pipe', buffer: { stdout: false }, reject: false })
  const [, , result] = await Promise.all([pipeline(source, counted, packed), pipeline(xz.stdout, out), xz])
  if (result.code === 'ENOENT') throw new Failed({ message: 'xz is not there, which unpacks .img.xz', hint: 'apt-get install xz-utils' })
  if (result.failed) throw new Failed({ message: `${from} cannot be unpacked: ${result.stderr.trim()}`, hint: 'download it again' })
}
