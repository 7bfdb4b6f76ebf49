import type { Sparing } from './log.ts'

/** Told of an error that nobody expected: where it arose, and what it is. Never throws. */
export type TellDefect = (where: string, error: unknown) => void

/** What a defect is in a log: the error with where it arose, for who has to find it. */
export const defectText = (where: string, error: unknown): string =>
  `a defect of this program (${where}), it goes on: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`

/** A teller that itself cannot fail: what goes wrong while telling is nobody's. */
export function defectTeller(count: (where: string) => void, say: Sparing): TellDefect {
  return (where, error) => {
    try {
      count(where)
      say(`defect ${where}`, 'error', defectText(where, error))
    } catch {
      // There is nobody left to tell.
    }
  }
}

/**
 * Keeps this process alive, whatever is thrown where nobody catches it: in an event of a socket, a timer, a driver.
 * An agent that measures on is worth more than one that ends. The returned function takes the guard away.
 */
export function guardProcess(tell: TellDefect): () => void {
  const uncaught = (error: unknown): void => tell('uncaught', error)
  const rejected = (error: unknown): void => tell('rejection', error)
  process.on('uncaughtException', uncaught).on('unhandledRejection', rejected)
  return () => void process.off('uncaughtException', uncaught).off('unhandledRejection', rejected)
}
