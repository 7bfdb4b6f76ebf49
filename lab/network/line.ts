import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { groupOf, makeGroup } from '../cgroup/groups.ts'
import type { Hierarchies } from '../cgroup/hierarchies.ts'
import { lineCommand } from '../delay/tap.ts'
import type { WireSettings } from '../delay/wire.ts'
import { LabError } from '../errors.ts'
import { joined, startDetached } from '../host/boot.ts'
import { identityOf } from '../identity.ts'
import { hostPaths } from '../paths.ts'

/** Name of the group that holds a host's bad cable; an underscore is in no host's name. */
export function lineGroup(host: string): string {
  return `_delay-${host}`
}

/** True when a network device of that name is on this machine. */
export function deviceExists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`)
}

/** Says how bad the cable of a host is. The process that carries its frames sees it within a tenth of a second. */
export async function writeWire(file: string, settings: WireSettings): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(settings))
  await rename(`${file}.new`, file)
}

/**
 * Starts the process that carries frames between two virtual cards, which it makes.
 * @throws LabError where the cards do not come
 */
export async function startLine(
  fleet: Fleet,
  host: Host,
  all: Hierarchies,
  one: string,
  other: string,
  settings: WireSettings,
): Promise<void> {
  const { path: program } = await buildProgram(fileURLToPath(new URL('../delay/line.ts', import.meta.url)))
  const groups = await makeGroup(all, groupOf(identityOf(fleet.name).prefix, lineGroup(host.name)))
  const paths = hostPaths(fleet.name, host.name)
  await writeWire(paths.wire, settings)
  const log = join(paths.dir, 'delay.log')
  await startDetached(joined(groups, lineCommand(process.execPath, program, paths.wire, one, other)), log)
  for (let tries = 0; tries < 200; tries++) {
    if (deviceExists(one) && deviceExists(other)) return
    await sleep(25)
  }
  throw new LabError(`The bad cable of ${host.name} did not start.`, `It needs /dev/net/tun; it said what failed in ${log}.`)
}
