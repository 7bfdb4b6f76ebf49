/** Bytes for people, in the unit that fits: `812 KiB`, `40.1 MiB`, `1.9 GiB`. */
export function bytes(count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10))
  const value = count / 2 ** (10 * step)
  return `${step < 2 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`
}

/** Seconds for people: `40 s`, `6 min`, `1 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
