import prettyBytes from 'pretty-bytes'

/** Bytes for people, in the unit that fits: `512 MiB`, `1.9 GiB`. */
export function size(bytes: number): string {
  return prettyBytes(bytes, { binary: true, maximumFractionDigits: 1 })
}
