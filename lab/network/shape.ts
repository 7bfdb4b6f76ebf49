import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies, killGroup } from '../cgroup/groups.ts'
import { netemCommands, noNetemCommands } from '../delay/netem.ts'
import type { WireSettings } from '../delay/wire.ts'
import type { Identity } from '../identity.ts'
import { identityOf } from '../identity.ts'
import { hostPaths } from '../paths.ts'
import { attempt, type Command, run, runAll } from '../run.ts'
import { octetOf } from './addressing.ts'
import { deviceExists, lineGroup, startLine, writeWire } from './line.ts'

/** Puts two cards and a small bridge between a host's link and the lab's bridge: `link = splice = near … far = bridge`. */
export function spliceCommands(id: Identity, octet: number): Command[] {
  const [link, near, far, splice] = [id.link(octet), id.near(octet), id.far(octet), id.splice(octet)]
  return [
    ['ip', 'link', 'add', splice, 'type', 'bridge'],
    ['ip', 'link', 'set', splice, 'up'],
    ['ip', 'link', 'set', near, 'master', splice, 'up'],
    ['ip', 'link', 'set', far, 'master', id.bridge, 'up'],
    ['ip', 'link', 'set', link, 'master', splice],
  ]
}

/**
 * Makes the cable of a host as bad as said, on top of the delay the inventory gives it; open connections go on. Nothing said: as the
 * inventory has it. May be repeated.
 */
export async function shape(fleet: Fleet, host: Host, settings: WireSettings): Promise<void> {
  const id = identityOf(fleet.name)
  const octet = octetOf(host.address)
  const link = id.link(octet)
  const base = host.lab?.delay ?? 0
  const whole: WireSettings = { ...settings, ...((settings.delay ?? 0) + base > 0 && { delay: (settings.delay ?? 0) + base }) }
  const good = Object.keys(settings).length === 0
  // A cable that is a line of ours already: because of the inventory, or since another fault.
  if (existsSync(`/sys/class/net/${link}/tun_flags`)) return changed(fleet, host, whole)
  if (deviceExists(id.near(octet))) return good ? unsplice(id, host.name, octet) : changed(fleet, host, whole)
  if (good && base === 0) {
    for (const command of noNetemCommands(link, id.netns(host.name))) await attempt(command)
    // What a process that was killed half-way left of a splice.
    return unsplice(id, host.name, octet)
  }
  if (await withNetem(netemCommands(link, id.netns(host.name), whole))) return
  await unsplice(id, host.name, octet)
  await startLine(fleet, host, await hierarchies(), id.near(octet), id.far(octet), whole)
  await runAll(spliceCommands(id, octet))
}

async function changed(fleet: Fleet, host: Host, settings: WireSettings): Promise<void> {
  await writeWire(hostPaths(fleet.name, host.name).wire, settings)
  await sleep(300)
}

async function withNetem(commands: readonly Command[]): Promise<boolean> {
  for (const command of commands) if ((await attempt(command)).code !== 0) return false
  return true
}

async function unsplice(id: Identity, host: string, octet: number): Promise<void> {
  if (deviceExists(id.link(octet))) await run(['ip', 'link', 'set', id.link(octet), 'master', id.bridge])
  if (deviceExists(id.splice(octet))) await attempt(['ip', 'link', 'delete', id.splice(octet)])
  if (!deviceExists(id.near(octet)) && !deviceExists(id.far(octet))) return
  await killGroup(await hierarchies(), groupOf(id.prefix, lineGroup(host)))
  for (let tries = 0; tries < 100 && deviceExists(id.near(octet)); tries++) await sleep(10)
}
