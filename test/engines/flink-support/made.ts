import type { Reading } from '../../../collector/reading.ts'

/** Where readings that are made are from. */
export const places = ['kitchen', 'Küche', 'attic', 'cellar', 'shed', 'hall', 'porch', "o'clock"]

/** Microseconds. */
export const second = 1_000_000

/** Twenty hours ago, at a whole hour: microseconds since 1970. */
export const twentyHoursAgo = (): number => Math.floor(Date.now() / 3_600_000 - 20) * 3600 * second

/** Reading number `number` of those that began at `began`: a second apart at each place. */
export function made(number: number, began: number): Reading {
  const index = Math.floor(number / places.length)
  return {
    location: places[number % places.length] ?? '',
    date: began + index * second + 1000,
    value: 20 + 5 * Math.sin(index / 600) + (number % 7) / 16,
    note: String(number),
  }
}
