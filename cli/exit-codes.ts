import type { Code, Failure } from '../engine/errors.ts'

/** How commands end. From 64 on they are those of sysexits.h; 130 is what shells have for SIGINT. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wouldChange: 2,
  inconclusive: 3,
  wrongUse: 64,
  wrongInventory: 65,
  tryAgain: 75,
  stopped: 130,
} as const

/** The exit codes in words, for `--help`. */
export const exitCodeMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.done, 'done'],
  [exitCodes.failed, 'it failed, on one host at least; all others are done'],
  [exitCodes.wouldChange, '--check found something to change'],
  [exitCodes.inconclusive, 'nothing was proven, neither way'],
  [exitCodes.wrongUse, 'the command line is wrong'],
  [exitCodes.wrongInventory, 'the inventory is wrong'],
  [exitCodes.tryAgain, 'try again: nothing failed but that another run is at work there'],
  [exitCodes.stopped, 'you stopped it'],
]

/** The exit code of a command that failed in one way. */
export function exitCodeOf(code: Code = 'failed'): number {
  switch (code) {
    case 'usage':
      return exitCodes.wrongUse
    case 'inventory':
      return exitCodes.wrongInventory
    case 'locked':
      return exitCodes.tryAgain
    default:
      return exitCodes.failed
  }
}

/** The exit code of a run over several hosts. One that fails only because others hold hosts is worth trying again as it is. */
export function exitCodeOfRun(failures: readonly Failure[]): number {
  if (failures.length === 0) return exitCodes.done
  const own = failures.filter(({ code }) => code !== 'behind')
  return own.length > 0 && own.every(({ code }) => code === 'locked') ? exitCodes.tryAgain : exitCodes.failed
}
