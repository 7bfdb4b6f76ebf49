import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Problem, codeOf } from '../../../problem.ts'

/** How far a copy has come. */
export interface Checkpoint {
  /** Where it goes on, as a decimal number: all rows of lesser tokens are copied. */
  readonly token: string
  readonly rows: number
  readonly expired: number
}

export const beginning: Checkpoint = { token: String(-(2n ** 63n)), rows: 0, expired: 0 }

/**
 * A checkpoint that is written down, so that a copy that was cut off goes on there. It belongs to `what` is copied: to nothing else it
 * applies.
 */
export interface CheckpointFile {
  /** @throws {Problem} where the file cannot be read */
  read(): Checkpoint
  /** @throws {Problem} where the file cannot be written */
  write(checkpoint: Checkpoint): void
  remove(): void
}

export function checkpointFile(path: string, what: string): CheckpointFile {
  return {
    read() {
      try {
        const { what: of, ...checkpoint } = JSON.parse(readFileSync(path, 'utf8')) as Checkpoint & { readonly what: string }
        return of === what ? checkpoint : beginning
      } catch (error) {
        // Half of a file is no checkpoint: copying again what is copied changes nothing.
        if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return beginning
        throw new Problem(`cannot read ${path} (${codeOf(error)})`, 'run this as root, or name another file with --progress')
      }
    },
    write(checkpoint) {
      try {
        writeFileSync(`${path}.new`, `${JSON.stringify({ what, ...checkpoint })}\n`)
        renameSync(`${path}.new`, path)
      } catch (error) {
        throw new Problem(`cannot write ${path} (${codeOf(error)})`, 'run this as root, or name another file with --progress')
      }
    },
    remove: () => rmSync(path, { force: true }),
  }
}

/** The part of all tokens that lies behind a checkpoint, 0 to 1. */
export const partOf = ({ token }: Checkpoint): number => Number(((BigInt(token) + 2n ** 63n) * 1000n) / 2n ** 64n) / 1000
