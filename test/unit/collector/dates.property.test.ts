import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bootMargin, bound, readingDates } from '../../../collector/dates.ts'
import type { GivenDates, ReadingDates } from '../../../collector/dates.ts'

const second = 1_000_000
const hour = 3600 * second
const year = 365 * 24 * hour
const begin = 1_750_000_000_000_000

interface Given {
  readonly date: number
  readonly at: number
}

/** A Pi whose clock, disk and power do what they like, and all dates it ever gave. */
class Pi {
  readonly given: Given[] = []
  readonly #dates = new Set<number>()
  /** True time. */
  truth = begin
  /** How wrong the clock is. */
  error = 0
  synchronized = false
  disk = true
  #noted: GivenDates | undefined
  /** The newest reading on the disk. */
  #durable = 0
  #boot = 1
  /** The disk took nothing at some time of this boot. */
  #lost = false
  clock = this.#start()

  get wall(): number {
    return this.truth + this.error
  }

  tick(times: number, gap: number): void {
    for (let i = 0; i < times; i++) {
      this.truth += gap
      const date = this.clock.next()
      if (date === undefined) continue
      // Not `expect`, which is slow, a million times.
      if (this.#dates.has(date)) throw new Error(`given twice: ${date}`)
      this.#dates.add(date)
      this.given.push({ date, at: this.truth })
      if (this.disk) this.#durable = date
    }
  }

  /**
   * Somebody sets the clock, by the year or by the minute; not where it is known to be right. A wrong clock and a disk that takes nothing
   * are too much at once.
   */
  set(error: number): void {
    if (!this.synchronized && this.disk) this.error = error
  }

  synchronize(): void {
    this.error = 0
    this.synchronized = true
  }

  /** The disk fails, or is well again. With a wrong clock at the same time nobody could know what was given. */
  setDisk(takes: boolean): void {
    if (!takes && this.error !== 0) return
    if (!takes) this.#lost = true
    if (takes && !this.disk) this.#durable = this.given.at(-1)?.date ?? 0
    this.disk = takes
  }

  restart(): void {
    this.clock = this.#start()
  }

  /** Takes what the disk got in the last `lost` of time; the clock comes up anywhere, as a Pi's without a chip does. */
  powerCut(lost: number, off: number, error: number): void {
    const kept = this.given.findLast(({ at }) => at <= this.truth - lost)
    if (this.disk && !this.#lost) this.#durable = kept?.date ?? 0
    this.truth += off
    this.#boot++
    this.synchronized = false
    this.error = error
    // Dates of a time when the disk took nothing are on no disk: the next boot waits for its clock.
    if (this.#lost) this.synchronize()
    this.#lost = !this.disk
    this.clock = this.#start()
  }

  #start(): ReadingDates {
    const boot = String(this.#boot)
    const began = this.truth
    return readingDates({
      noted: this.#noted,
      lastDate: this.#durable,
      boot,
      note: given => {
        if (this.disk) this.#noted = given
        return this.disk
      },
      durable: () => this.disk,
      synchronized: () => this.synchronized,
      now: () => this.wall,
      elapsed: () => this.truth - began,
    })
  }
}

const errors = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -900 * second, max: 900 * second }),
  fc.constantFrom(-20 * year, -3 * hour, -40 * second, 25 * second, 2 * hour, 12 * year),
)
const named = (name: string, happen: (pi: Pi) => void): ((pi: Pi) => void) => Object.assign(happen, { toString: () => name })
const step: fc.Arbitrary<(pi: Pi) => void> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom(1000, 20_000, second, 5 * second, 60 * second))
      .map(([times, gap]) => named(`tick ${times} ${gap}`, pi => pi.tick(times, gap))),
  },
  { weight: 3, arbitrary: errors.map(error => named(`set ${error}`, pi => pi.set(error))) },
  { weight: 2, arbitrary: fc.constant(named('synchronize', pi => pi.synchronize())) },
  { weight: 1, arbitrary: fc.boolean().map(takes => named(`disk ${takes}`, pi => pi.setDisk(takes))) },
  { weight: 2, arbitrary: fc.constant(named('restart', pi => pi.restart())) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 30 * second }), fc.constantFrom(second, 60 * second, 30 * 24 * hour), errors)
      .map(([lost, off, error]) => named(`power cut ${lost} ${off} ${error}`, pi => pi.powerCut(lost, off, error))),
  },
)

describe('dates of readings', () => {
  test('whatever happens to clock, disk and power: none is given twice, and with a synchronised clock they come back to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const pi = new Pi()
        for (const happen of steps) happen(pi)
        pi.setDisk(true)
        pi.synchronize()
        // Longer than any span that a wrong clock may have left around the right time.
        pi.tick(1000, 90 * second)
        expect(Math.abs((pi.given.at(-1)?.date ?? 0) - pi.truth)).toBeLessThan(bound + bootMargin)
      }),
      { numRuns: 1500 },
    )
  }, 120_000)

  test('one reading taken years ahead: once the clock is synchronised the next is dated right, also after a restart', () => {
    const pi = new Pi()
    pi.tick(10, second)
    pi.set(12 * year)
    pi.tick(1, second)
    expect(pi.given.at(-1)?.date).toBe(pi.wall)
    pi.restart()
    pi.synchronize()
    pi.tick(5, second)
    expect(pi.given.slice(-5).map(({ date, at }) => date - at)).toEqual([0, 0, 0, 0, 0])
    pi.restart()
    pi.tick(1, second)
    expect(pi.given.at(-1)?.date).toBe(pi.truth)
  })

  test('a clock in the past that nobody calls right: dates go on at the pace of time, not a millisecond apart', () => {
    const pi = new Pi()
    pi.tick(10, second)
    const last = pi.given.at(-1)?.date ?? 0
    pi.powerCut(0, 60 * second, -3 * hour)
    pi.tick(4, second)
    expect(pi.given.slice(-4).map(({ date }) => date - last - bootMargin)).toEqual([1000, 1_001_000, 2_001_000, 3_001_000])
  })

  test('a disk that takes nothing after a reboot: none is given before the clock is synchronised', () => {
    const pi = new Pi()
    pi.tick(10, second)
    pi.setDisk(false)
    pi.powerCut(0, 60 * second, -40 * second)
    pi.synchronized = false
    pi.tick(20, second)
    expect(pi.given).toHaveLength(10)
    pi.synchronize()
    pi.tick(2, second)
    expect(pi.given).toHaveLength(12)
  })
})
