import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { groupOf, killGroup, makeGroup } from '../cgroup/groups.ts'
import type { Hierarchies } from '../cgroup/hierarchies.ts'
import { netemCommands } from '../delay/netem.ts'
import { lineCommand } from '../delay/tap.ts'
import { LabError } from '../errors.ts'
import { joined, startDetached } from '../host/boot.ts'
import { identityOf } from '../identity.ts'
import { hostPaths } from '../paths.ts'
import { attempt, run, runAll } from '../run.ts'
import { octetOf, subnetOf } from './addressing.ts'
import { makeLink, plugIn } from './bridge.ts'

/** How a host's network is delayed. */
export type DelayKind = 'none' | 'netem' | 'line'

/** Name of the group that holds a host's delay line; an underscore is in no host's name. */
export function lineGroup(host: string): string {
  return `_delay-${host}`
}

/** True when a network device of that name is on this machine. */
export function deviceExists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`)
}

/**
 * Connects a host: its network namespace, its cable to the bridge, the delay. May be repeated: a whole link is left alone, but mended
 * when it was cut; half of one is made anew.
 */
export async function ensureLink(fleet: Fleet, host: Host, all: Hierarchies): Promise<DelayKind> {
  const id = identityOf(fleet.name)
  const octet = octetOf(host.address)
  const [link, peer, netns] = [id.link(octet), id.peer(octet), id.netns(host.name)]
  if (!existsSync(`/run/netns/${netns}`)) await run(['ip', 'netns', 'add', netns])
  if (await isWhole(link, netns, host.address)) {
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
  await startLine(fleet, host, all, link, peer, delay)
  await runAll(plugIn(id, subnetOf(fleet), host.name, host.address, link, peer))
  return 'line'
}

/** The default route is what plugIn makes last in the host; the bridge is what it needs out here. */
async function isWhole(link: string, netns: string, address: string): Promise<boolean> {
  if (!existsSync(`/sys/class/net/${link}/master`)) return false
  const { stdout } = await attempt(['ip', '-n', netns, 'route', 'show'])
  return /^default .*dev eth0/m.test(stdout) && stdout.includes(`src ${address}`)
}

async function kindOf(host: Host, link: string): Promise<DelayKind> {
  if (!host.lab?.delay) return 'none'
  return existsSync(`/sys/class/net/${link}/tun_flags`) ? 'line' : 'netem'
}

async function withNetem(link: string, netns: string, delay: number): Promise<boolean> {
  for (const command of netemCommands(link, netns, delay)) {
    const { code } = await attempt(command)
    if (code !== 0) return false
  }
  return true
}

async function startLine(fleet: Fleet, host: Host, all: Hierarchies, link: string, peer: string, delay: number): Promise<void> {
  const { path: program } = await buildProgram(fileURLToPath(new URL('../delay/line.ts', import.meta.url)))
  const groups = await makeGroup(all, groupOf(identityOf(fleet.name).prefix, lineGroup(host.name)))
  const log = join(hostPaths(fleet.name, host.name).dir, 'delay.log')
  await startDetached(joined(groups, lineCommand(process.execPath, program, delay, link, peer)), log)
  for (let tries = 0; tries < 200; tries++) {
    if (deviceExists(link) && deviceExists(peer)) return
    await sleep(25)
  }
  throw new LabError(`The delay line of ${host.name} did not start.`, `It needs /dev/net/tun; it said what failed in ${log}.`)
}

/** Takes a host's link away, on whichever side of the namespace its ends are. */
async function unplug(prefix: string, host: string, link: string, netns: string, all: Hierarchies): Promise<void> {
  await killGroup(all, groupOf(prefix, lineGroup(host)))
  if (deviceExists(link)) await attempt(['ip', 'link', 'delete', link])
  await attempt(['ip', '-n', netns, 'link', 'delete', 'eth0'])
  // A delay line's cards vanish a moment after it.
  for (let tries = 0; tries < 100 && deviceExists(link); tries++) await sleep(10)
}
