import { meanOf } from './mean.ts'
import type { Trial } from './result.ts'

/** Whether more is better with a faster machine: readings a second grow with it, the time that one takes shrinks. */
export type With = 'grows' | 'shrinks'

/** Mean speed of the machine under virtual Pis while a trial was measured; undefined where that is not known of nearly all of it. */
export function speedDuring({ series: { machine, measured } }: Trial): number | undefined {
  const during = machine?.slice(measured) ?? []
  const known = during.flatMap(speed => speed ?? [])
  return known.length > 0 && known.length >= 0.9 * during.length ? meanOf(known) : undefined
}

/** Did a processor hold it back? Then it goes as fast as that one does. */
export const heldByProcessor = ({ bottlenecks: [first] }: Trial): boolean => first?.resource === 'CPU' || first?.resource === 'one core'

/** A figure of a trial during which the machine was as fast as `speed`, as if it had been as fast as `usual`. */
export const atUsual = (value: number, speed: number, usual: number, way: With): number =>
  way === 'grows' ? (value * usual) / speed : (value * speed) / usual

/**
 * The seconds of a trial, as if the machine had always been as fast as `usual`. A probe tells little of one second and much of thirty, so
 * that no second is divided by its own speed: the mean is the ratio of two means (W. G. Cochran, Sampling Techniques, 1977, chapter 6), and
 * the values lie about it as its error does, by first derivatives. Seconds of which one of the two is not known are left out.
 */
export function secondsAtUsual(
  values: readonly (number | null)[],
  speeds: readonly (number | null)[],
  usual: number,
  way: With,
): readonly number[] {
  const known = values.flatMap((value, second) => {
    const speed = speeds[second] ?? null
    return value === null || speed === null ? [] : [{ value, speed }]
  })
  const [value, speed] = [meanOf(known.map(each => each.value)), meanOf(known.map(each => each.speed))]
  const mean = atUsual(value, speed, usual, way)
  const sign = way === 'grows' ? -1 : 1
  return known.map(each => mean * (each.value / value + sign * (each.speed / speed - 1)))
}
