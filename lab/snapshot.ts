import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Fleet } from '../engine/inventory/types.ts'
import { groupOf, hierarchies, killGroup } from './cgroup/groups.ts'
import { LabError } from './errors.ts'
import type { LabEvent } from './events.ts'
import { finishCard, removeCard, takeOutCard } from './host/card.ts'
import { identityOf } from './identity.ts'
import { locked } from './lock.ts'
import { hostPaths, labPaths, snapshotsDir } from './paths.ts'
import { requireRoot, requireSafeName } from './preconditions.ts'
import { run } from './run.ts'
import { up } from './up.ts'

const safe = /^[a-z0-9][a-z0-9-]{0,40}$/

/** Where a snapshot of a lab is kept. @throws LabError for a name that is none */
function folderOf(fleet: Fleet, name: string): string {
  requireSafeName(fleet)
  if (!safe.test(name)) throw new LabError(`"${name}" is no name for a snapshot.`, 'Small letters, digits and - only.')
  return join(snapshotsDir, fleet.name, name)
}

/** Names of the snapshots of a lab. */
export function snapshots(fleet: Fleet): readonly string[] {
  const folder = join(snapshotsDir, fleet.name)
  return existsSync(folder)
    ? readdirSync(folder)
        .filter(name => safe.test(name))
        .sort()
    : []
}

/**
 * Keeps copies of the cards of all hosts, with the keys that open them, and boots the hosts again. The hosts lose their power for
 * it: stop what must not be cut first. A snapshot of that name is replaced, once the new one is whole.
 * @throws LabError where a host has no card yet
 */
export async function snapshot(fleet: Fleet, name: string, on: (event: LabEvent) => void = () => {}): Promise<void> {
  requireRoot()
  const folder = folderOf(fleet, name)
  const beside = `${folder}.new`
  const all = await hierarchies()
  await locked(labPaths(fleet.name).lock, async () => {
    await rm(beside, { recursive: true, force: true })
    for (const host of fleet.hosts) await killGroup(all, groupOf(identityOf(fleet.name).prefix, host.name))
    for (const host of fleet.hosts) {
      const paths = hostPaths(fleet.name, host.name)
      if (!existsSync(paths.prepared)) throw new LabError(`${host.name} has no card yet.`, 'Boot it with `lab up`.')
      on({ kind: 'step', text: `${host.name}: copying its card …` })
      await takeOutCard(paths)
      const to = join(beside, host.name)
      await mkdir(to, { recursive: true })
      // The card itself is kept, and the host goes on with a copy: a mount that others still have of it is then in nobody's way. Sparse: it
      // takes what the host has written.
      await run(['mv', paths.card, join(to, 'card.img')])
      await run(['cp', '--sparse=always', join(to, 'card.img'), paths.card])
      for (const file of [paths.prepared, paths.hostKey, `${paths.hostKey}.pub`]) await copyFile(file, join(to, basename(file)))
    }
    for (const file of keysOf(fleet)) await copyFile(file, join(beside, basename(file)))
    await rm(folder, { recursive: true, force: true })
    await rename(beside, folder)
  })
  await up(fleet, { on })
}

/**
 * Gives all hosts the cards of a snapshot and boots them: what they wrote since is gone.
 * @throws LabError where there is no such snapshot, or it is of other hosts
 */
export async function restore(fleet: Fleet, name: string, on: (event: LabEvent) => void = () => {}): Promise<void> {
  requireRoot()
  const folder = folderOf(fleet, name)
  if (!existsSync(folder))
    throw new LabError(`The lab ${fleet.name} has no snapshot "${name}".`, `There is: ${snapshots(fleet).join(', ') || 'none yet'}.`)
  const all = await hierarchies()
  await locked(labPaths(fleet.name).lock, async () => {
    await mkdir(labPaths(fleet.name).dir, { recursive: true })
    for (const file of keysOf(fleet)) await copyFile(join(folder, basename(file)), file)
    for (const host of fleet.hosts) await killGroup(all, groupOf(identityOf(fleet.name).prefix, host.name))
    for (const host of fleet.hosts) {
      const from = join(folder, host.name)
      if (!existsSync(from))
        throw new LabError(`The snapshot "${name}" has no card of ${host.name}.`, 'It was made of another inventory: make it anew.')
      const paths = hostPaths(fleet.name, host.name)
      const [lower = ''] = (await readFile(join(from, basename(paths.prepared)), 'utf8')).split('\n')
      if (!existsSync(lower))
        throw new LabError(`The root file system of ${host.name}'s card is gone (${lower}).`, 'Make the snapshot anew.')
      await takeOutCard(paths)
      await removeCard(paths)
      await mkdir(paths.dir, { recursive: true })
      await run(['cp', '--sparse=always', join(from, 'card.img'), paths.card])
      for (const file of [paths.hostKey, `${paths.hostKey}.pub`]) await copyFile(join(from, basename(file)), file)
      await finishCard(paths, lower)
    }
  })
  await up(fleet, { on })
}

/** Removes a snapshot; none of that name is no error. */
export async function removeSnapshot(fleet: Fleet, name: string): Promise<void> {
  requireRoot()
  await rm(folderOf(fleet, name), { recursive: true, force: true })
}

const keysOf = (fleet: Fleet): readonly string[] => {
  const { identity, knownHosts } = labPaths(fleet.name)
  return [identity, `${identity}.pub`, knownHosts]
}
