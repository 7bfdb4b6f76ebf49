import prettyBytes from 'pretty-bytes'

/**
 * Bytes for people, in the unit that fits, with three digits: `512 MiB`, `1.9 GiB`. Not with a number of decimals: for that a locale's
 * rules would be loaded, 9 MB and 15 ms of each run.
 */
export function size(bytes: number): string {
  return prettyBytes(bytes, { binary: true })
}
