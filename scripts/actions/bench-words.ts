import { UsageError } from '../../engine/errors.ts'

/** Words by commas, each once. @throws {UsageError} where there is none, or one twice */
export function wordsOf(text: string, option: string): readonly string[] {
  const words = text.split(',').map(word => word.trim())
  if (words.some(word => word === '')) throw new UsageError(`${option} wants words with commas between, not "${text}"`)
  if (new Set(words).size < words.length) throw new UsageError(`${option} has one of these twice: ${text}`)
  return words
}

const isCount = (text: string, most: number): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most

/** Whole numbers by commas. @throws {UsageError} where one is none, or not from 1 to 1000 */
export function threadsOf(text: string): readonly number[] {
  return wordsOf(text, '--threads').map(word => {
    if (isCount(word, 1000)) return Number(word)
    throw new UsageError(`--threads wants whole numbers from 1 to 1000, e.g. 1,8,20, not "${text}"`)
  })
}

/** @throws {UsageError} where it is no whole number from 1 to 100 */
export function repeatOf(text: string): number {
  if (isCount(text, 100)) return Number(text)
  throw new UsageError(`--repeat wants a whole number from 1 to 100, not "${text}"`)
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Seconds of `30s`, `3m`, `1h`. @throws {UsageError} for another text, and for less than five seconds or more than a day */
export function secondsOf(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([smh])$/.exec(text) ?? []
  const seconds = Number(count) * (units[unit] ?? Number.NaN)
  if (count !== '' && seconds >= 5 && seconds <= 86_400) return seconds
  throw new UsageError(`--duration wants a time from 5s to 24h, not "${text}"`, 'a number and s, m or h, e.g. 30s or 3m')
}

/** @throws {UsageError} where it is no number above 0 */
export function rateOf(text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new UsageError(`--rate wants readings a second, a number above 0, not "${text}"`)
}
