import { tell } from './output.ts'

/** Aborts at the first Ctrl-C, after saying what that means; the second leaves at once. */
export function stopOnInterrupt(meaning: string): AbortSignal {
  const controller = new AbortController()
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(130)
    tell(meaning)
    controller.abort()
  })
  return controller.signal
}
