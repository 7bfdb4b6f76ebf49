import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from '../errors.ts'
import { isMounted, mountsBelow } from '../mounts.ts'
import type { HostPaths } from '../paths.ts'
import { attempt, type Command, run } from '../run.ts'

/** Size of a virtual SD card. The file is sparse: it takes what the host has written. */
export const cardBytes = 8 * 2 ** 30

/** Makes an empty card. No journal: a card that this machine's own crash left mounted is made anew, never repaired. */
export function makeCard(file: string): Command[] {
  return [
    ['truncate', '--size', String(cardBytes), file],
    ['mkfs.ext4', '-q', '-F', '-m', '0', '-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', file],
  ]
}

export function mountCard(paths: HostPaths): Command {
  return ['mount', '-o', 'loop,noatime', paths.card, paths.disk]
}

/** A host's root: the shared root file system below, what the host writes on its card. */
export function mountRoot(paths: HostPaths, lower: string, name: string): Command {
  return ['mount', '-t', 'overlay', name, '-o', `lowerdir=${lower},upperdir=${paths.upper},workdir=${paths.work}`, paths.root]
}

/**
 * Mounts a host's root; a card that was not finished is thrown away first.
 * @param lower the root file system for a new card; an old card keeps the one it was made from, while that exists
 * @returns true when the card is new and has still to be written to
 */
export async function insertCard(paths: HostPaths, lower: string, name: string): Promise<boolean> {
  const [from = '', boot] = (await readFile(paths.prepared, 'utf8').catch(() => '')).split('\n')
  const fresh = !existsSync(from) || !existsSync(paths.card) || boot !== (await bootId())
  if (fresh) {
    await removeCard(paths)
    await mkdir(paths.dir, { recursive: true })
    for (const command of makeCard(paths.card)) await run(command)
  }
  for (const directory of [paths.disk, paths.root]) await mkdir(directory, { recursive: true })
  if (!(await isMounted(paths.disk))) await run(mountCard(paths))
  for (const directory of [paths.upper, paths.work]) await mkdir(directory, { recursive: true })
  if (!(await isMounted(paths.root))) await run(mountRoot(paths, fresh ? lower : from, name))
  return fresh
}

/** Another after every start of this machine. */
async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/** Says that the card holds a whole host made from that root file system, for as long as this machine stays up. */
export async function finishCard(paths: HostPaths, lower: string): Promise<void> {
  await writeFile(`${paths.prepared}.new`, `${lower}\n${await bootId()}`)
  await rename(`${paths.prepared}.new`, paths.prepared)
}

/** Takes a host's card out and destroys it. Its processes must be gone. */
export async function removeCard(paths: HostPaths): Promise<void> {
  await rm(paths.prepared, { force: true })
  await unmountBelow(paths.dir)
  await detach(paths.card)
  await rm(paths.card, { force: true })
}

/**
 * Takes a host's card out, whole: nobody writes to it any more. Its processes must be gone. Other hosts' namespaces may keep a mount of
 * it for as long as they run, so it is made read-only first: then all of it is on the card.
 * @throws LabError where somebody still writes to it
 */
export async function takeOutCard(paths: HostPaths): Promise<void> {
  await unmountBelow(paths.root)
  if (await isMounted(paths.disk)) {
    let refused = ''
    for (let tries = 0; tries < 50; tries++) {
      const { code, stderr } = await attempt(['mount', '-o', 'remount,ro', paths.disk])
      refused = code === 0 ? '' : stderr.trim()
      if (code === 0) break
      await sleep(100)
    }
    if (refused) throw new LabError(`${paths.card} is still written to: ${refused}`, 'See who holds it: `fuser -vm` on its mount.')
  }
  await unmountBelow(paths.dir)
}

/** Takes down every mount at or below a directory. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const at of await mountsBelow(directory)) {
    const { code } = await attempt(['umount', at])
    // Somebody looks into it: it goes as soon as they are done.
    if (code !== 0) await attempt(['umount', '--lazy', at])
  }
}

/** A loop device outlives an `up` that was killed between making and mounting it. */
async function detach(card: string): Promise<void> {
  const { stdout } = await attempt(['losetup', '--noheadings', '--output', 'NAME', '--associated', card])
  for (const device of stdout.split('\n').filter(Boolean)) await attempt(['losetup', '--detach', device])
}
