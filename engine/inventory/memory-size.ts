const units = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const

/** Bytes of a size written as `512MiB`, `1GiB` or `1.5GiB`; undefined when it is not one. */
export function parseMemorySize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(KiB|MiB|GiB)$/.exec(text)
  if (!match) return undefined
  const bytes = Number(match[1]) * units[match[2] as keyof typeof units]
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}

/** A size in bytes as people write it in an inventory: the largest unit that keeps it a short number. */
export function formatMemorySize(bytes: number): string {
  const unit = bytes >= units.GiB ? 'GiB' : bytes >= units.MiB ? 'MiB' : 'KiB'
  return `${Number((bytes / units[unit]).toFixed(1))}${unit}`
}
