import type { Kept } from '../../../engine/kept.ts'

/** A fleet of which nothing was fetched yet. */
export const nothingKept: Kept = Object.assign(() => undefined, {
  keep() {
    throw new Error('no Pi here to fetch from')
  },
})
