/** A reading moves in these steps, like that of a Pi's sensor. Thousandths of a degree. */
const step = 487

/** What a sensor knows between two readings. */
export interface Thermal {
  /** Share of the Pi's processor in use, smoothed as a heat sink does; 0 to 1. */
  readonly warmth: number
}

/** The heat sink after `seconds` more at that load (0 to 1); it follows within about half a minute. */
export function warm(before: Thermal, load: number, seconds: number): Thermal {
  const follow = 1 - Math.exp(-seconds / 30)
  return { warmth: before.warmth + (Math.min(1, Math.max(0, load)) - before.warmth) * follow }
}

/**
 * The sensor's reading in thousandths of a degree Celsius: 41 idle to 69 at full load, with a slow swing of the room and a little noise.
 * @param now seconds
 * @param phase where in the room's swing this Pi is, so that no two read alike; any number
 * @param noise between 0 and 1
 */
export function reading(thermal: Thermal, now: number, phase: number, noise: number): number {
  const celsius = 41 + 28 * thermal.warmth + 1.2 * Math.sin(now / 97 + phase) + (noise - 0.5) * 0.8
  return Math.round((celsius * 1000) / step) * step
}
