/**
 * The candidate a person most likely meant by `name`, or undefined when none is close.
 * Close is at most a third of the letters wrong, swapped, missing or too many; upper and lower case count as one.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let least = Infinity
  for (const candidate of candidates) {
    const length = Math.max(wanted.length, candidate.length)
    const limit = Math.max(1, Math.floor(length / 3))
    if (Math.abs(wanted.length - candidate.length) > limit) continue
    const edits = distance(wanted, candidate.toLowerCase())
    // A word of one or two letters is one edit away from everything as short.
    if (edits <= limit && edits < length && edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}

/** `did you mean "…"?`, or undefined when nothing is close. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(name, candidates)
  return near === undefined ? undefined : `did you mean "${near}"?`
}

/** Edits from one word to the other: a letter replaced, added, removed, or two neighbours swapped (optimal string alignment). */
export function distance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let edits = Math.min((above[column - 1] ?? 0) + (same ? 0 : 1), (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) edits = Math.min(edits, (before[column - 2] ?? 0) + 1)
      current.push(edits)
    }
    before = above
    above = current
  }
  return above[to.length] ?? 0
}
