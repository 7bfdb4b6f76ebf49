import type { Kept } from '../../../engine/kept.ts'

const refuse = () => {
  throw new Error('no Pi here to fetch from')
}

/** A fleet of which nothing was fetched yet. */
export const nothingKept: Kept = Object.assign(() => undefined, { keep: refuse, drop: refuse })
