import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fleet } from '../engine/inventory/types.ts'
import { groupOf, hierarchies, killGroup, setFrozen } from './cgroup/groups.ts'
import { LabError } from './errors.ts'
import { exec } from './exec.ts'
import { ensureKey } from './host/keys.ts'
import { putHostKey } from './host/personal.ts'
import { identityOf } from './identity.ts'
import { isMounted } from './mounts.ts'
import { octetOf } from './network/addressing.ts'
import { hostPaths, labPaths } from './paths.ts'
import { hostNamed } from './preconditions.ts'
import { attempt, run } from './run.ts'

/** Every program of the host stands still, as a Pi that hangs; its network card still answers pings. */
export async function freeze(fleet: Fleet, name: string): Promise<void> {
  await setFrozen(await hierarchies(), groupFor(fleet, name), true)
}

/** Ends freeze. */
export async function thaw(fleet: Fleet, name: string): Promise<void> {
  await setFrozen(await hierarchies(), groupFor(fleet, name), false)
}

/** Pulls the host's network cable: open connections stall, new ones find no route after some seconds. */
export async function cut(fleet: Fleet, name: string): Promise<void> {
  await run(['ip', 'link', 'set', linkFor(fleet, name), 'down'])
}

/** Ends cut. */
export async function mend(fleet: Fleet, name: string): Promise<void> {
  await run(['ip', 'link', 'set', linkFor(fleet, name), 'up'])
}

/** Cuts the power: every process ends at once. What was written stays; `up` boots the host again. */
export async function kill(fleet: Fleet, name: string): Promise<void> {
  await killGroup(await hierarchies(), groupFor(fleet, name))
}

/**
 * Fills the host's card to the last block, from outside: nothing of it is seen in the host but that every write fails with
 * "No space left on device".
 * @throws LabError when the host has no card (was never up)
 */
export async function fillDisk(fleet: Fleet, name: string): Promise<void> {
  const { disk } = hostPaths(fleet.name, hostNamed(fleet, name).name)
  if (!(await isMounted(disk))) throw new LabError(`${name} has no card to fill.`, 'Boot it with `lab up`.')
  // The big file leaves what the file system cannot give in one piece; dd takes that too, and fails when it has all of it.
  const { stdout } = await attempt(['stat', '--file-system', '--format=%a %S', disk])
  const [blocks = 0, size = 4096] = stdout.split(' ').map(Number)
  await attempt(['fallocate', '--length', String(Math.max(size, blocks * size - 2 ** 22)), fillers(disk)[0]])
  await attempt(['dd', 'if=/dev/zero', `of=${fillers(disk)[1]}`, 'bs=4096', 'status=none'])
}

/** Ends fillDisk. */
export async function freeDisk(fleet: Fleet, name: string): Promise<void> {
  for (const file of fillers(hostPaths(fleet.name, hostNamed(fleet, name).name).disk)) await rm(file, { force: true })
}

/** Beside the host's files on its card, where the host does not see them. */
function fillers(disk: string): readonly [string, string] {
  return [join(disk, 'filler'), join(disk, 'filler-rest')]
}

/**
 * Gives the host another host key than the one pinned in known_hosts: as if somebody else answered at its address.
 * @throws LabError when the host is not up
 */
export async function changeHostKey(fleet: Fleet, name: string): Promise<void> {
  const other = join(labPaths(fleet.name).dir, `other-key-${randomUUID()}`)
  try {
    await ensureKey(other, name)
    await useKey(fleet, name, other)
  } finally {
    for (const file of [other, `${other}.pub`]) await rm(file, { force: true })
  }
}

/** Ends changeHostKey: the pinned key again. */
export async function restoreHostKey(fleet: Fleet, name: string): Promise<void> {
  await useKey(fleet, name, hostPaths(fleet.name, hostNamed(fleet, name).name).hostKey)
}

async function useKey(fleet: Fleet, name: string, key: string): Promise<void> {
  await putHostKey(hostPaths(fleet.name, hostNamed(fleet, name).name).root, key)
  const { code, stderr } = await exec(fleet, name, ['systemctl', 'restart', 'ssh'])
  if (code !== 0) throw new LabError(`The SSH server of ${name} did not take the other key: ${stderr}`)
}

function groupFor(fleet: Fleet, name: string): string {
  return groupOf(identityOf(fleet.name).prefix, hostNamed(fleet, name).name)
}

function linkFor(fleet: Fleet, name: string): string {
  return identityOf(fleet.name).link(octetOf(hostNamed(fleet, name).address))
}
