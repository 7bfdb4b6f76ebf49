import type { QueuedReading } from '../reading.ts'
import { crc32 } from './crc32.ts'

/**
 * One reading as one line of a segment: `<crc> [sequence,date,value,"location","note"]`.
 * A line, so that a damaged one is skipped and the next is found again, and so that a person can read it.
 */
export function encodeRecord({ sequence, date, value, location, note }: QueuedReading): string {
  const body = JSON.stringify([sequence, date, value, location, note])
  return `${crc32(body)} ${body}\n`
}

/** The reading of a line without its newline; undefined where the line is torn or damaged. */
export function decodeRecord(line: string): QueuedReading | undefined {
  const body = line.slice(9)
  if (!body.startsWith('[') || line[8] !== ' ' || crc32(body) !== line.slice(0, 8)) return undefined
  const [sequence, date, value, location, note] = JSON.parse(body) as [number, number, number, string, string]
  return { sequence, date, value, location, note }
}
