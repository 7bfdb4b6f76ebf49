import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { hierarchies } from '../cgroup/groups.ts'
import { LabError } from '../errors.ts'
import { unmountBelow } from '../host/card.ts'
import { isMounted, parseMounts } from '../mounts.ts'
import type { HostPaths } from '../paths.ts'
import { attempt, run } from '../run.ts'

/** FS_IOC_SHUTDOWN with 2, for "write not even the log": the file system is dead at once, with all it had not written. */
const stopWrites = `
  open(my $disk, '<', $ARGV[0]) or die "$ARGV[0]: $!\\n";
  my $how = pack('L', 2);
  ioctl($disk, 0x8004587D, $how) or die "$ARGV[0]: $!\\n";
`

/** The card answers no more. @throws LabError where the host has no card in */
export async function breakCard({ disk }: HostPaths): Promise<void> {
  await requireCard(disk)
  await run(['perl', '-e', stopWrites, disk])
}

/** As if the kernel had found an error on the card: ext4 then takes no more writes. It is what a worn-out card looks like. */
export async function failCard({ disk }: HostPaths): Promise<void> {
  const device = await requireCard(disk)
  await run(['mount', '-o', 'remount,errors=remount-ro', disk])
  await writeFile(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1')
}

/**
 * Takes out a card whose file system is dead, repairs what is on it, and leaves it for the next boot. Somebody may still have the dead one
 * mounted, so the host goes on with a copy. The host's processes must be gone.
 * @throws LabError where it cannot be repaired
 */
export async function repairCard(paths: HostPaths): Promise<void> {
  if (!existsSync(paths.card)) return
  const { stdout } = await attempt(['losetup', '--noheadings', '--output', 'NAME', '--associated', paths.card])
  await unmountBelow(paths.dir)
  // What the kernel has of the dead file system's own tables is written now, not later into the copy's back.
  for (const device of stdout.split('\n').filter(Boolean)) await attempt(['blockdev', '--flushbufs', device.trim()])
  await run(['cp', '--sparse=always', paths.card, `${paths.card}.new`])
  // 1: it was wrong, and is right now.
  const { code, stdout: said } = await attempt(['e2fsck', '-f', '-y', `${paths.card}.new`])
  if (code < 0 || code > 2)
    throw new LabError(`The card of this host cannot be repaired: ${said.trim().split('\n').at(-1)}`, 'Give it a new one: `lab reset`.')
  await run(['mv', `${paths.card}.new`, paths.card])
}

async function requireCard(disk: string): Promise<string> {
  const mount = parseMounts(await readFile('/proc/self/mounts', 'utf8')).find(({ at }) => at === disk)
  if (!mount) throw new LabError(`There is no card at ${disk}.`, 'Boot the host with `lab up`.')
  return mount.from
}

/** Device numbers as cgroups want them, `7:12`. */
export function deviceNumbers(dev: number): string {
  return `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`
}

/** A value for one file of a cgroup. */
export interface Throttle {
  readonly file: string
  readonly value: string
}

/**
 * What lets a card do no more than so many bytes a second, each way; undefined: as fast as it can. With v1 at the root of the hierarchy,
 * where hosts and the kernel's own writers are: nobody else uses that device. With v2 in the host's group.
 */
export function throttles(mounts: string, v2: string | undefined, group: string, device: string, bytes: number | undefined): Throttle[] {
  const blkio = mounts
    .split('\n')
    .map(line => line.split(' '))
    .find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes('blkio'))?.[1]
  if (blkio)
    return ['read', 'write'].map(way => ({ file: join(blkio, `blkio.throttle.${way}_bps_device`), value: `${device} ${bytes ?? 0}` }))
  return v2 ? [{ file: join(v2, group, 'io.max'), value: `${device} rbps=${bytes ?? 'max'} wbps=${bytes ?? 'max'}` }] : []
}

/** The device of a host's card. @throws LabError where it has none in */
export async function cardDevice({ disk }: HostPaths): Promise<string> {
  if (!(await isMounted(disk))) throw new LabError(`There is no card at ${disk}.`, 'Boot the host with `lab up`.')
  return deviceNumbers((await stat(disk)).dev)
}

/** Slows a card, or lets it go again. */
export async function throttleCard(group: string, device: string, bytes: number | undefined): Promise<void> {
  const all = await hierarchies()
  const { v2 } = all
  // v2: a group has a controller only where its parents hand it down.
  for (const parent of v2 ? [v2, join(v2, group.split('/')[0] ?? '')] : [])
    await writeFile(join(parent, 'cgroup.subtree_control'), '+io').catch(() => {})
  for (const { file, value } of throttles(await readFile('/proc/self/mounts', 'utf8'), v2, group, device, bytes))
    await writeFile(file, value).catch((error: Error) => {
      if (bytes !== undefined) throw new LabError(`The card cannot be slowed: ${file} refused ${value}: ${error.message}`)
    })
}
