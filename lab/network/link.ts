import { existsSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { groupOf, killGroup } from '../cgroup/groups.ts'
import type { Hierarchies } from '../cgroup/hierarchies.ts'
import { netemCommands } from '../delay/netem.ts'
import { identityOf } from '../identity.ts'
import { attempt, run, runAll } from '../run.ts'
import { octetOf, subnetOf } from './addressing.ts'
import { makeLink, plugIn } from './bridge.ts'
import { deviceExists, lineGroup, startLine } from './line.ts'

/** How a host's network is delayed. */
export type DelayKind = 'none' | 'netem' | 'line'

/**
 * Connects a host: its network namespace, its cable to the bridge, the delay. May be repeated: a whole link is left alone, but mended
 * when it was cut; half of one is made anew.
 */
export async function ensureLink(fleet: Fleet, host: Host, all: Hierarchies): Promise<DelayKind> {
  const id = identityOf(fleet.name)
  const octet = octetOf(host.address)
  const [link, peer, netns] = [id.link(octet), id.peer(octet), id.netns(host.name)]
  if (!existsSync(`/run/netns/${netns}`)) await run(['ip', 'netns', 'add', netns])
  if (await isWhole(link, id.bridge, netns, host.address)) {
    await run(['ip', 'link', 'set', link, 'up'])
    return kindOf(host, link)
  }
  await unplug(id.prefix, host.name, link, netns, all)
  const delay = host.lab?.delay ?? 0
  await run(makeLink(link, peer))
  await runAll(plugIn(id, subnetOf(fleet), host.name, host.address, link, peer))
  if (delay === 0) return 'none'
  if (await withNetem(link, netns, delay)) return 'netem'
  // No netem here: the same link once more, with a delay line for a cable.
  await unplug(id.prefix, host.name, link, netns, all)
  await startLine(fleet, host, all, link, peer, { delay })
  await runAll(plugIn(id, subnetOf(fleet), host.name, host.address, link, peer))
  return 'line'
}

/** The default route is what plugIn makes last in the host; the bridge is what it needs out here. */
async function isWhole(link: string, bridge: string, netns: string, address: string): Promise<boolean> {
  if (masterOf(link) !== bridge) return false
  const { stdout } = await attempt(['ip', '-n', netns, 'route', 'show'])
  return /^default .*dev eth0/m.test(stdout) && stdout.includes(`src ${address}`)
}

async function kindOf(host: Host, link: string): Promise<DelayKind> {
  if (!host.lab?.delay) return 'none'
  return existsSync(`/sys/class/net/${link}/tun_flags`) ? 'line' : 'netem'
}

/** The bridge a device is plugged into. */
function masterOf(link: string): string | undefined {
  const master = `/sys/class/net/${link}/master`
  return existsSync(master) ? basename(readlinkSync(master)) : undefined
}

async function withNetem(link: string, netns: string, delay: number): Promise<boolean> {
  for (const command of netemCommands(link, netns, { delay })) {
    const { code } = await attempt(command)
    if (code !== 0) return false
  }
  return true
}

/** Takes a host's link away, on whichever side of the namespace its ends are. */
async function unplug(prefix: string, host: string, link: string, netns: string, all: Hierarchies): Promise<void> {
  await killGroup(all, groupOf(prefix, lineGroup(host)))
  if (deviceExists(link)) await attempt(['ip', 'link', 'delete', link])
  await attempt(['ip', '-n', netns, 'link', 'delete', 'eth0'])
  // A delay line's cards vanish a moment after it.
  for (let tries = 0; tries < 100 && deviceExists(link); tries++) await sleep(10)
}
