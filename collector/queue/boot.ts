import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Microseconds that dates jump ahead of the last known one after a reboot.
 * A power cut can take the records of the last 30 s from the disk while their rows are in the table already; a Pi without
 * a clock chip may then come up with a clock from before the cut, and would give the same dates again.
 */
export const bootMargin = 60_000_000

const kernelBoot = '/proc/sys/kernel/random/boot_id'

/**
 * The date that readings of this boot of the machine come after, in microseconds, where `lastDate` is the last that is known of.
 * It is synced to the disk before any reading gets a later one: of two power cuts in a row the second must not lead back to the dates of the first.
 */
export function dateFloor(directory: string, lastDate: number, boot = readText(kernelBoot)): number {
  const path = join(directory, 'boot')
  const [before = '', floorBefore = '0'] = readText(path).split('\n')
  const known = Math.max(lastDate, Number(floorBefore) || 0)
  if (before === boot) return known
  // Nothing was ever given where there is nothing.
  const floor = known === 0 ? 0 : known + bootMargin
  try {
    writeSynced(directory, path, `${boot}\n${floor}\n`)
  } catch {
    // On a full disk the jump is made again at the next start: harmless.
  }
  return floor
}

function writeSynced(directory: string, path: string, text: string): void {
  const beside = `${path}.new`
  synced(openSync(beside, 'w', 0o640), fd => writeFileSync(fd, text))
  renameSync(beside, path)
  synced(openSync(directory, 'r'), () => {})
}

function synced(fd: number, write: (fd: number) => void): void {
  try {
    write(fd)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
