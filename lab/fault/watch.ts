import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Fleet } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies, makeGroup, processesOf } from '../cgroup/groups.ts'
import { joined, startDetached } from '../host/boot.ts'
import { identityOf } from '../identity.ts'
import { labPaths } from '../paths.ts'

/** Name of the group of the process that heals where nobody else does. */
const watchGroup = '_faults'

const command = fileURLToPath(new URL('../../scripts/bin/lab.mjs', import.meta.url))

/** Sees that somebody heals faults whose owner is gone, or whose time is over; may be repeated. */
export async function watch(fleet: Fleet): Promise<void> {
  const { dir } = labPaths(fleet.name)
  await mkdir(dir, { recursive: true })
  // Secrets stay out of it: what the lab itself needs of a fleet is where its hosts are, and what boards they are.
  const hosts = fleet.hosts.map(({ sudoPassword: _, ...host }) => ({ ...host, vars: {} }))
  await writeFile(fleetFile(fleet.name), JSON.stringify({ ...fleet, hosts }), { mode: 0o600 })
  const all = await hierarchies()
  const group = groupOf(identityOf(fleet.name).prefix, watchGroup)
  if ((await processesOf(all, group)).length > 0) return
  const groups = await makeGroup(all, group)
  await startDetached(joined(groups, [process.execPath, command, 'watch-faults', fleetFile(fleet.name)]), join(dir, 'faults.log'), {
    ...(process.env['HOME'] !== undefined && { HOME: process.env['HOME'] }),
  })
}

/** The fleet as the watchdog finds it. */
export function fleetFile(fleetName: string): string {
  return join(labPaths(fleetName).dir, 'watched-fleet.json')
}
