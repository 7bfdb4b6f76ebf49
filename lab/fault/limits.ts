import { writeFile } from 'node:fs/promises'
import type { Fleet } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies } from '../cgroup/groups.ts'
import { settingsFor } from '../cgroup/settings.ts'
import { identityOf } from '../identity.ts'
import { limitsOf } from '../limits.ts'
import { shape } from '../network/shape.ts'
import { hostNamed } from '../preconditions.ts'
import { readOwed } from './owed.ts'
import { wireOf } from './wire-of.ts'

/** Makes the cable of a host as bad as all faults that are noted for it, without `over`. */
export async function shapeAsOwed(fleet: Fleet, host: string, over?: string): Promise<void> {
  const owed = await readOwed(fleet.name)
  const faults = owed.filter(each => each.host === host && each.id !== over).map(({ fault }) => fault)
  await shape(fleet, hostNamed(fleet, host), wireOf(faults))
}

/** Gives a host a share of the processor; undefined: its own. */
export async function setShare(fleet: Fleet, name: string, share?: number): Promise<void> {
  const all = await hierarchies()
  const limits = limitsOf(hostNamed(fleet, name))
  const group = groupOf(identityOf(fleet.name).prefix, name)
  const settings = settingsFor(all, group, { ...limits, cpu: share ?? limits.cpu }, undefined)
  for (const { file, value } of settings) if (/cpu\.(max|cfs_)/.test(file)) await writeFile(file, value)
}
