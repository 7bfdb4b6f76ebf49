/** What a probe prints: rounds in a second of processor time. */
export const speedText = (speed: number): string => `speed ${speed.toFixed(2)}\n`

/** Reads a line of a probe; undefined: it is none. */
export function speedIn(line: string): number | undefined {
  const speed = Number(/^speed (\d+(?:\.\d+)?)$/.exec(line)?.[1])
  return speed > 0 ? speed : undefined
}
