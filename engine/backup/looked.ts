import type { PartReader } from './part.ts'
import { Metered } from './metered.ts'

/** A stream through which content passes while its role looks at it. What is damaged is told at the end: the bytes go on to it. */
export function lookedAt(reader: PartReader): { readonly through: Metered; figures(): Readonly<Record<string, number>> } {
  let wrong: unknown
  const through = new Metered(piece => {
    if (wrong !== undefined) return
    try {
      reader.push(piece)
    } catch (error) {
      wrong = error
    }
  })
  return {
    through,
    figures() {
      if (wrong !== undefined) throw wrong
      return reader.end().figures
    },
  }
}
