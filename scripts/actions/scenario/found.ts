import type { Rows } from '../../../lab/scenario/world.ts'

/** What a store has of each place, by number. */
export type Found = ReadonlyMap<string, ReadonlyMap<number, Rows>>

/** Rows as they are read, one by one. */
export class Tally {
  readonly #dates = new Map<string, Map<number, Map<string, number>>>()

  add(place: string, number: number, date: string): void {
    const numbers = this.#dates.get(place) ?? new Map<number, Map<string, number>>()
    const dates = numbers.get(number) ?? new Map<string, number>()
    this.#dates.set(place, numbers.set(number, dates.set(date, (dates.get(date) ?? 0) + 1)))
  }

  get found(): Found {
    const rows = (dates: ReadonlyMap<string, number>): Rows => ({
      times: [...dates.values()].reduce((sum, times) => sum + times, 0),
      dates: dates.size,
    })
    return new Map(
      [...this.#dates].map(([place, numbers]) => [place, new Map([...numbers].map(([number, dates]) => [number, rows(dates)]))]),
    )
  }
}
