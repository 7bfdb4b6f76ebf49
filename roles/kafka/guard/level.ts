/** What the brokers take: everything, little, nothing. The number is in the metrics. */
export type Level = 0 | 1 | 2

/** Bytes that are free where a broker slows producers down, and where it takes nothing. */
export interface Limits {
  readonly slowBelow: number
  readonly shutBelow: number
}

/** Below twice the floor there is time to slow down. */
export const limitsOf = (floor: number): Limits => ({ slowBelow: 2 * floor, shutBelow: floor })

/** A quarter more than the limit must be free before it is left again: what goes to and fro around it changes nothing. */
const above = 1.25

/** The level that what is free asks for, after the level there was. Pure. */
export function levelOf(free: number, { slowBelow, shutBelow }: Limits, before: Level): Level {
  const shut = shutBelow * (before === 2 ? above : 1)
  const slow = slowBelow * (before >= 1 ? above : 1)
  return free < shut ? 2 : free < slow ? 1 : 0
}

/** What is in force: the strictest of what brokers ask for. One that is silent still asks for what it asked last. */
export function strictest(holds: ReadonlyMap<number, Level>): Level {
  return Math.max(0, ...holds.values()) as Level
}
