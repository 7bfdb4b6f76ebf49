import * as z from 'zod'
import type { Reading } from '../../reading.ts'

/** AWS takes 128 KiB and counts the header; below that. */
export const mostBytes = 120 * 1024

/**
 * Readings as messages: those of one place that follow each other, `most` of them, go together in one. A message is JSON,
 * `{"location":"producer1","readings":[{"date":1700000000123456,"value":48.312,"note":""}]}`, with dates in microseconds since 1970.
 */
export function messagesOf(readings: readonly Reading[], most: number, bytes = mostBytes): readonly string[] {
  const messages: string[] = []
  let place: string | undefined
  let parts: string[] = []
  let size = 0
  // Most notes are as the one before.
  let known = ''
  let quoted = '""'
  const flush = (): void => {
    if (place !== undefined) messages.push(`{"location":${JSON.stringify(place)},"readings":[${parts.join(',')}]}`)
    parts = []
    size = 0
  }
  for (const { location, date, value, note } of readings) {
    if (note !== known) [known, quoted] = [note, JSON.stringify(note)]
    // As JSON.stringify({ date, value, note }) writes it.
    const part = `{"date":${date},"value":${Number.isFinite(value) ? value : null},"note":${quoted}}`
    const adds = Buffer.byteLength(part) + 1
    // The rest of a message is its place: 64 characters at most.
    if (location !== place || parts.length >= most || size + adds > bytes - 512) {
      flush()
      place = location
    }
    parts.push(part)
    size += adds
  }
  flush()
  return messages
}

const schema = z.object({
  location: z.string().min(1),
  readings: z.array(z.object({ date: z.number().int().safe(), value: z.number(), note: z.string() })),
})

/** The readings of a message, as they were sent. @throws Error where it is none */
export function readingsOf(message: string): readonly Reading[] {
  const { location, readings } = schema.parse(JSON.parse(message))
  return readings.map(reading => ({ location, ...reading }))
}
