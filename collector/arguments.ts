import { InvalidArgumentError } from 'commander-node18'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `500ms`, `30s`, `3m`, `1h`; a bare number is seconds. @throws {InvalidArgumentError} */
export function duration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const milliseconds = Number(amount) * (units[unit] ?? NaN)
  // Longer than three weeks does not fit a timer.
  if (milliseconds > 0 && milliseconds < 2 ** 31) return Math.round(milliseconds)
  throw new InvalidArgumentError('Give a time like 500ms, 30s, 3m or 1h.')
}

/** A parser of whole numbers between two bounds. */
export function whole(least: number, most: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`)
  }
}

/** A number above zero. @throws {InvalidArgumentError} */
export function positive(text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Give a number above zero.')
}

/** Collects `--host a,b --host c` into one list. */
export const list = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...text.split(',').filter(Boolean)]
