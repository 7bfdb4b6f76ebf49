import type { Reading } from '../../../collector/reading.ts'
import type { Rows } from '../../../lab/scenario/world.ts'
import type { Found } from './found.ts'

/** What a job has of a place and a minute. */
export interface Minute {
  readonly count: number
  readonly least: number
  readonly highest: number
}

/** A row as MariaDB prints it, with its key: place and begin of the minute. */
export function minuteOf(line: string): readonly [key: string, minute: Minute] {
  const [place = '', from = '', count, least, highest] = line.split('\t')
  return [keyOf(place, from), { count: Number(count), least: Number(least), highest: Number(highest) }]
}

const keyOf = (place: string, from: string): string => `${place} ${from.slice(0, 16)}`

/**
 * The readings of a topic that a job has counted, by number. A row has no numbers, so all readings of a minute are there, or none is: those
 * whose row says what they say together. A row that counts more than there are has them twice.
 */
export function counted(readings: readonly Reading[], rows: ReadonlyMap<string, Minute>): Found {
  // A reading that is in the topic twice counts once.
  const once = new Map(readings.map(reading => [`${reading.location} ${reading.date}`, reading]))
  const minutes = new Map<string, Reading[]>()
  for (const reading of once.values()) {
    const key = keyOf(reading.location, new Date(reading.date / 1000).toISOString().replace('T', ' '))
    minutes.set(key, [...(minutes.get(key) ?? []), reading])
  }
  const found = new Map<string, Map<number, Rows>>()
  for (const [key, some] of minutes) {
    const row = rows.get(key)
    const times = row ? timesOf(row, some) : 0
    if (times === 0) continue
    for (const { location, note } of some) {
      const numbers = found.get(location) ?? new Map<number, Rows>()
      const dates = (numbers.get(Number(note))?.dates ?? 0) + 1
      found.set(location, numbers.set(Number(note), { times: Math.max(times, dates), dates }))
    }
  }
  return found
}

/** 0: the row is not of these readings; 1: it is; 2: it has counted some of them again. */
function timesOf({ count, least, highest }: Minute, readings: readonly Reading[]): 0 | 1 | 2 {
  const values = readings.map(({ value }) => value)
  if (count < values.length || least !== Math.min(...values) || highest !== Math.max(...values)) return 0
  return count === values.length ? 1 : 2
}
