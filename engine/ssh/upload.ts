import { open } from 'node:fs/promises'
import type { Writable } from 'node:stream'

/** Bytes read at once; the only ones of a file that are in memory. */
const pieceBytes = 128 * 1024

/**
 * Sends the first `size` bytes of a file, one piece after the other through the same buffer: a channel has copied a piece into its packets
 * when it says that it is written. Ends without a word when the channel closes, for who waits for the other side's answer is told so.
 * @throws where the file cannot be read, or has become shorter
 */
export async function stream(path: string, size: number, channel: Writable, progress: (bytes: number) => void): Promise<void> {
  const file = await open(path)
  let closed = channel.destroyed
  let release = () => {}
  const onClose = () => {
    closed = true
    release()
  }
  channel.once('close', onClose)
  try {
    const piece = Buffer.allocUnsafe(Math.min(size, pieceBytes))
    for (let at = 0; at < size && !closed; ) {
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, size - at), at)
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was sent`)
      await new Promise<void>(done => {
        release = done
        channel.write(piece.subarray(0, bytesRead), () => done())
      })
      at += bytesRead
      progress(bytesRead)
    }
  } finally {
    channel.off('close', onClose)
    await file.close()
  }
}
