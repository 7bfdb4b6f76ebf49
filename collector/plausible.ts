/** Why a temperature is not believed. */
export type Doubt = 'power-on' | 'jump'

/** What a 1-wire sensor says before it has measured, °C. */
const powerOn = 85
/** From one reading to the next, K: no CPU and no room does that. */
const jump = 40
/** Two values nearer than this are the same state of things, K. */
const alike = 5
/** So many doubted readings in a row, alike, are believed: the sensor was moved, or it is really that hot. */
const witnesses = 3

/** Remembers what was measured, to judge what comes. */
export interface Plausibility {
  /** Why `value` (°C), measured at `at` (ms, any clock that only grows), is doubted; undefined where it is believed. */
  doubt(value: number, at: number): Doubt | undefined
  /** A value was believed and stored. */
  taken(value: number, at: number): void
  /** A value was doubted and not stored. */
  refused(value: number): void
}

/**
 * The rule for values that a sensor says and that nobody should store:
 * - exactly 85 °C, unless the reading before was within 5 K of it: that is what a 1-wire sensor says when it has just got power;
 * - 40 K or more from the reading before, where that is not older than `memory` ms; the third such value in a row within 5 K is believed.
 */
export function plausibility(memory = 60_000): Plausibility {
  let last: { readonly value: number; readonly at: number } | undefined
  let doubted: number[] = []
  return {
    doubt(value, at) {
      const before = last && at - last.at <= memory ? last.value : undefined
      if (value === powerOn && (before === undefined || Math.abs(value - before) > alike)) return 'power-on'
      if (before === undefined || Math.abs(value - before) < jump) return undefined
      const agreeing = doubted.slice(1 - witnesses).filter(other => other !== powerOn && Math.abs(other - value) <= alike)
      return agreeing.length < witnesses - 1 ? 'jump' : undefined
    },
    taken(value, at) {
      last = { value, at }
      doubted = []
    },
    refused(value) {
      doubted = [...doubted, value].slice(1 - witnesses)
    },
  }
}
