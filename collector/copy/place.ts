import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Problem, codeOf } from '../problem.ts'

/** How far a copy has come. */
export interface Place {
  /** Where it goes on, as a decimal number: all rows of lesser tokens are copied. */
  readonly token: string
  readonly rows: number
  readonly expired: number
}

export const beginning: Place = { token: String(-(2n ** 63n)), rows: 0, expired: 0 }

/**
 * A place that is written down, so that a copy that was cut off goes on there. It belongs to `what` is copied: to nothing else it
 * applies.
 */
export interface PlaceFile {
  /** @throws {Problem} where the file cannot be read */
  read(): Place
  /** @throws {Problem} where the file cannot be written */
  write(place: Place): void
  remove(): void
}

export function placeFile(path: string, what: string): PlaceFile {
  return {
    read() {
      try {
        const { what: of, ...place } = JSON.parse(readFileSync(path, 'utf8')) as Place & { readonly what: string }
        return of === what ? place : beginning
      } catch (error) {
        // Half of a file is no place: copying again what is copied changes nothing.
        if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return beginning
        throw new Problem(`cannot read ${path} (${codeOf(error)})`, 'run this as root, or name another file with --progress')
      }
    },
    write(place) {
      try {
        writeFileSync(`${path}.new`, `${JSON.stringify({ what, ...place })}\n`)
        renameSync(`${path}.new`, path)
      } catch (error) {
        throw new Problem(`cannot write ${path} (${codeOf(error)})`, 'run this as root, or name another file with --progress')
      }
    },
    remove: () => rmSync(path, { force: true }),
  }
}

/** The part of all tokens that lies behind a place, 0 to 1. */
export const partOf = ({ token }: Place): number => Number(((BigInt(token) + 2n ** 63n) * 1000n) / 2n ** 64n) / 1000
