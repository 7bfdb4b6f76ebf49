import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Microseconds that dates jump ahead of the last known one after a reboot.
 * A power cut can take the records of the last 30 s from the disk while their rows are in the table already; a Pi without
 * a clock chip may then come up with a clock from before the cut, and would give the same dates again.
 */
export const bootMargin = 60_000_000

const kernelBoot = '/proc/sys/kernel/random/boot_id'

/** Whether the queue was last opened in this same boot of the machine; remembers that it was. */
export function rememberBoot(directory: string, boot = readText(kernelBoot)): boolean {
  const path = join(directory, 'boot')
  const before = readText(path)
  if (before === boot) return true
  try {
    writeFileSync(path, boot)
  } catch {
    // On a full disk the jump is made again at the next start: harmless.
  }
  return before === ''
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
