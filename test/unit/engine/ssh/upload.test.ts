import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stream } from '../../../../engine/ssh/upload.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'upload-'))
})
afterEach(() => rmSync(at, { recursive: true }))

/** A channel that copies what it is given, a moment later, as one with a full window does; `held` counts what it has not taken yet. */
function slow() {
  const pieces: Buffer[] = []
  let held = 0
  let most = 0
  const channel = new Writable({
    write(piece: Buffer, _encoding, done) {
      most = Math.max(most, (held += piece.length))
      setImmediate(() => {
        pieces.push(Buffer.from(piece))
        held -= piece.length
        done()
      })
    },
  })
  return { channel, sent: () => Buffer.concat(pieces), most: () => most }
}

test.each([0, 1, 128 * 1024, 128 * 1024 + 1, 1_000_000])('%i bytes arrive as they are, with one piece in memory', async size => {
  const bytes = randomBytes(size)
  writeFileSync(`${at}/x`, bytes)
  const { channel, sent, most } = slow()
  const told: number[] = []
  await stream(`${at}/x`, size, channel, count => told.push(count))
  expect(sent().equals(bytes)).toBe(true)
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(size)
  expect(most()).toBeLessThanOrEqual(128 * 1024)
  expect(channel.listenerCount('close')).toBe(0)
})

test('no more is sent than was said, and a file that became shorter is an error', async () => {
  writeFileSync(`${at}/x`, 'longer than said')
  const { channel, sent } = slow()
  await stream(`${at}/x`, 6, channel, () => {})
  expect(sent().toString()).toBe('longer')
  await expect(stream(`${at}/x`, 100, slow().channel, () => {})).rejects.toThrow('became shorter while it was sent')
})

test('a channel that closes and takes nothing more ends it', async () => {
  writeFileSync(`${at}/x`, randomBytes(1_000_000))
  const stuck = new Writable({ write() {} })
  setTimeout(() => stuck.destroy(), 20)
  await stream(`${at}/x`, 1_000_000, stuck, () => {})
})
