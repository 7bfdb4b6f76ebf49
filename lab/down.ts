import { existsSync, readdirSync } from 'node:fs'
import { rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '../engine/inventory/types.ts'
import { hierarchies, killGroup, processesOf, removeGroup } from './cgroup/groups.ts'
import type { Hierarchies } from './cgroup/hierarchies.ts'
import { mountPoints } from './cgroup/hierarchies.ts'
import { LabError } from './errors.ts'
import { undo } from './fault/undo.ts'
import { unmountBelow } from './host/card.ts'
import { identityOf } from './identity.ts'
import { forwarding, restore, watchers } from './machine-setting.ts'
import { locked } from './lock.ts'
import { mountsBelow } from './mounts.ts'
import { removeNetwork } from './network/ensure.ts'
import { chains } from './network/nat.ts'
import { labPaths } from './paths.ts'
import { requireRoot, requireSafeName } from './preconditions.ts'
import { disableForeign } from './root/foreign.ts'
import { attempt } from './run.ts'

/**
 * Ends the lab of that fleet and removes all of it: hosts with what they stored, processes, mounts, network, limits, keys. Works on
 * what it finds, whatever an `up` that was killed had made so far, and on hosts that are no more in the inventory. Root file systems
 * stay in the cache.
 * @throws LabError naming what could not be removed
 */
export async function down(fleet: Fleet, onWait: (owner: string) => void = () => {}): Promise<void> {
  requireRoot()
  requireSafeName(fleet)
  const { lock } = labPaths(fleet.name)
  await locked(
    lock,
    async () => {
      // What a fault changed of the machine; all else goes with the hosts.
      if (existsSync(labPaths(fleet.name).dir)) await undo(fleet, ({ fault }) => fault.kind === 'slow-disk').catch(() => [])
      // More than once: a command of a killed `up` may have been at work still.
      for (let tries = 0; tries < 20; tries++) {
        await sweep(fleet.name)
        if ((await leftovers(fleet)).length === 0) break
        await sleep(100)
      }
      const left = await leftovers(fleet)
      if (left.length > 0)
        throw new LabError(
          `The lab ${fleet.name} is not all gone:\n  ${left.join('\n  ')}`,
          'Run the command again; if it stays, look at what holds it.',
        )
      await rm(lock, { force: true })
    },
    onWait,
  )
}

async function sweep(name: string): Promise<void> {
  const id = identityOf(name)
  const all = await hierarchies()
  const { dir } = labPaths(name)
  await killGroup(all, id.prefix)
  await forgetNspawn(dir, id.prefix)
  await unmountBelow(dir)
  await detachBelow(dir)
  for (const netns of own('/run/netns', `${id.prefix}-`)) await attempt(['ip', 'netns', 'delete', netns])
  for (const device of own('/sys/class/net', id.prefix).filter(each => each !== id.bridge)) await attempt(['ip', 'link', 'delete', device])
  await removeNetwork(name)
  await removeGroup(all, id.prefix)
  // Never into a mount that is still there: it would empty what is mounted.
  if ((await mountsBelow(dir)).length === 0) await rm(dir, { recursive: true, force: true })
  for (const each of [forwarding, watchers]) await restore(each, name)
  await disableForeign(name)
}

/** What systemd-nspawn tidies up itself when it is not killed: the lock of each root, named after it, and a directory a machine. */
async function forgetNspawn(directory: string, prefix: string): Promise<void> {
  const nspawn = '/run/systemd/nspawn'
  for (const at of await mountsBelow(directory)) {
    const { dev, ino } = await stat(at)
    await rm(join(nspawn, 'locks', `inode-${dev}:${ino}`), { force: true })
  }
  for (const machine of own(join(nspawn, 'propagate'), `${prefix}-`)) await rmdir(join(nspawn, 'propagate', machine)).catch(() => {})
}

function own(directory: string, prefix: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter(name => name.startsWith(prefix)) : []
}

async function detachBelow(directory: string): Promise<void> {
  for (const device of await loopsBelow(directory)) await attempt(['losetup', '--detach', device])
}

async function loopsBelow(directory: string): Promise<string[]> {
  const { stdout } = await attempt(['losetup', '--noheadings', '--list', '--output', 'NAME,BACK-FILE'])
  return stdout.split('\n').flatMap(line => {
    const [device, file] = line.trim().split(/\s+/)
    return device && file?.startsWith(`${directory}/`) ? [device] : []
  })
}

/** Everything of that lab still on this machine, one line each; empty when it is gone. */
export async function leftovers(fleet: Pick<Fleet, 'name'>): Promise<string[]> {
  const id = identityOf(fleet.name)
  const all = await hierarchies()
  const { dir } = labPaths(fleet.name)
  const rules = await Promise.all(
    chains(id).map(async chain => ((await attempt(chain.list)).code === 0 ? [`iptables chain ${id.chain}`] : [])),
  )
  return [
    ...(await processesOf(all, id.prefix)).map(pid => `process ${pid}`),
    ...groupsLeft(all, id.prefix),
    ...(await mountsBelow(dir)).map(at => `mount ${at}`),
    ...(await loopsBelow(dir)).map(device => `loop device ${device}`),
    ...own('/run/netns', `${id.prefix}-`).map(name => `network namespace ${name}`),
    ...own('/sys/class/net', id.prefix).map(name => `network device ${name}`),
    ...rules.flat(),
    ...(existsSync(dir) ? [`directory ${dir}`] : []),
  ]
}

function groupsLeft(all: Hierarchies, prefix: string): string[] {
  return [...new Set([...mountPoints(all)])]
    .map(mount => join(mount, prefix))
    .filter(existsSync)
    .map(path => `cgroup ${path}`)
}
