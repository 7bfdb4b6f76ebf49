import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { QueuedReading } from '../reading.ts'
import { codeOf } from '../problem.ts'
import { decodeRecord } from './record.ts'

/** One file of the queue, named after the first sequence number in it. */
export interface Segment {
  readonly path: string
  readonly first: number
  /** The last sequence number in it; `first - 1` while it is empty. */
  last: number
  bytes: number
}

const suffix = '.seg'
const chunkBytes = 64 * 1024
/** Shared by all reads, which are synchronous: 50 reads a second would otherwise make 3 MB of garbage a second. */
const chunk = Buffer.allocUnsafe(chunkBytes)

export const segmentPath = (directory: string, first: number): string => join(directory, `${String(first).padStart(16, '0')}${suffix}`)

/** The first sequence numbers of the segments in a directory, ascending; none where there is no such directory. */
export function segmentNumbers(directory: string): number[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter(name => /^\d{16}\.seg$/.test(name))
    .map(name => Number(name.slice(0, -suffix.length)))
    .sort((a, b) => a - b)
}

export interface Scan {
  /** The last good record, if there is one. */
  readonly last: QueuedReading | undefined
  /** Where the last good record ends: what follows is the torn tail of a power cut. */
  readonly goodBytes: number
  readonly totalBytes: number
}

/** Reads a whole segment (at most a few MiB) to find its end. */
export function scanSegment(path: string): Scan {
  const bytes = readFileSync(path)
  let last: QueuedReading | undefined
  let goodBytes = 0
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start)
    if (newline < 0) break
    const record = decodeRecord(bytes.toString('utf8', start, newline))
    start = newline + 1
    if (!record) continue
    last = record
    goodBytes = start
  }
  return { last, goodBytes, totalBytes: bytes.length }
}

export interface Slice {
  readonly records: readonly QueuedReading[]
  /** Where to go on. */
  readonly offset: number
  /** Lines whose checksum was wrong. */
  readonly damaged: number
  /** The file has no whole line after `offset`. */
  readonly ended: boolean
}

/** Up to `max` records of a segment from a byte offset on; a file that was removed meanwhile is simply ended. */
export function readSlice(path: string, offset: number, max: number): Slice {
  const fd = openIfThere(path)
  if (fd === undefined) return { records: [], offset, damaged: 0, ended: true }
  const records: QueuedReading[] = []
  let damaged = 0
  try {
    while (true) {
      const length = readSync(fd, chunk, 0, chunkBytes, offset)
      let start = 0
      for (let newline; (newline = chunk.subarray(0, length).indexOf(10, start)) >= 0; start = newline + 1) {
        if (records.length === max) return { records, offset: offset + start, damaged, ended: false }
        const record = decodeRecord(chunk.toString('utf8', start, newline))
        if (record) records.push(record)
        else damaged++
      }
      if (start === 0) {
        if (length < chunkBytes) return { records, offset, damaged, ended: true }
        // No newline in a whole chunk: no record is that long, so this is damage to be skipped.
        start = length
      }
      offset += start
    }
  } finally {
    closeSync(fd)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
