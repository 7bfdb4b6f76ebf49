/** How often each number of each place is in a store. */
export type Found = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Counts one more of a number. */
export function put(found: Map<string, Map<number, number>>, place: string, number: number, times = 1): void {
  const counts = found.get(place) ?? new Map<number, number>()
  found.set(place, counts.set(number, (counts.get(number) ?? 0) + times))
}
