import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What systemd-timesyncd makes once the clock is right; other daemons make none. */
export const timesyncdMark = '/run/systemd/timesync/synchronized'

const askAgain = 60_000

/**
 * A question that is answered at once: is the clock of this machine synchronised? By the file `mark`, else by what the kernel was told,
 * which `timedatectl` is asked for once a minute as long as it matters. Once true it stays true.
 */
export function clockSynchronized(mark: string): () => boolean {
  let known = false
  let asked = -Infinity
  return () => {
    known ||= existsSync(mark)
    if (!known && performance.now() - asked > askAgain) {
      asked = performance.now()
      execFile('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { timeout: 10_000 }, (error, stdout) => {
        known ||= !error && stdout.trim() === 'yes'
      })
    }
    return known
  }
}
