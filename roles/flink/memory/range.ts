import { DoesNotFit, said, times } from './arithmetic.ts'

/** A part that is a fraction of something, within bounds. */
export interface Range {
  readonly name: string
  readonly least: bigint
  readonly most: bigint
  /** As Flink reads it: a float. */
  readonly fraction: number
}

/** @throws {DoesNotFit} where bounds or fraction contradict themselves */
export function range(name: string, least: bigint, most: bigint, fraction: number): Range {
  if (least > most) throw new DoesNotFit(`${name}: its least, ${said(least)}, is above its most, ${said(most)}`)
  const read = Math.fround(fraction)
  if (!(read >= 0 && read < 1)) throw new DoesNotFit(`${name}: its fraction ${fraction} is not within 0 and 1`)
  return { name, least, most, fraction: read }
}

const within = ({ least, most }: Range, bytes: bigint) => (bytes > most ? most : bytes < least ? least : bytes)

/** The part of a whole that is known. */
export const partOf = (whole: bigint, part: Range): bigint => within(part, times(whole, part.fraction))

/** The part that makes a whole with the rest, which is known. */
export const partBeside = (rest: bigint, part: Range): bigint => within(part, times(rest, part.fraction / (1 - part.fraction)))

/** @throws {DoesNotFit} where what is left for a part is not within its bounds */
export function checkWithin(part: Range, bytes: bigint): void {
  if (bytes < part.least || bytes > part.most)
    throw new DoesNotFit(`${part.name}: ${said(bytes)} are left for it, and it must be within ${said(part.least)} and ${said(part.most)}`)
}
