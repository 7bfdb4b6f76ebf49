import { execFile } from 'node:child_process'

/**
 * Tells systemd that this process lives, where its unit has a watchdog (`WATCHDOG_USEC`): a third of its time is between two signs.
 * Node can send no datagram to systemd's socket, so `systemd-notify` is run; with minutes between two signs that costs nothing.
 * It runs on the main loop: a loop that hangs gives no sign, and systemd starts the agent anew. Returns how to end it.
 */
export function feedWatchdog(failed: (error: unknown) => void, microseconds = process.env['WATCHDOG_USEC']): () => void {
  const period = Number(microseconds) / 3000
  if (!(period > 0)) return () => {}
  const feed = (): void =>
    void execFile('systemd-notify', ['WATCHDOG=1'], { timeout: 20_000 }, error => {
      if (error) failed(error)
    })
  feed()
  const timer = setInterval(feed, period)
  timer.unref()
  return () => clearInterval(timer)
}
