import { exitCodes } from './exit-codes.ts'
import { tell } from './output.ts'

const controller = new AbortController()

/** Did a person stop this process with Ctrl-C? */
export function interrupted(): boolean {
  return controller.signal.aborted
}

/** Aborts at the first Ctrl-C, after saying what that means with `say`; the second leaves at once. */
export function stopOnInterrupt(meaning: string, say: (text: string) => void = tell): AbortSignal {
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(exitCodes.stopped)
    say(meaning)
    controller.abort()
  })
  return controller.signal
}
