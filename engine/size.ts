/** Bytes for people: `512 MiB`, `1.9 GiB`. */
export function size(bytes: number): string {
  const gib = bytes / 2 ** 30
  return gib >= 1 ? `${Number(gib.toFixed(1))} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}
