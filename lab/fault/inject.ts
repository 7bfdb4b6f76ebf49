import { randomBytes } from 'node:crypto'
import type { Fleet } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies, killGroup } from '../cgroup/groups.ts'
import { changeHostKey, cut, fillDisk, freeze, kill } from '../faults.ts'
import { identityOf } from '../identity.ts'
import { hostPaths } from '../paths.ts'
import { hostNamed, requireRoot } from '../preconditions.ts'
import { breakCard, cardDevice, failCard, throttleCard } from './card-faults.ts'
import { wrongClockScript } from './clock.ts'
import type { Fault } from './kinds.ts'
import { setShare, shapeAsOwed } from './limits.ts'
import { changeOwed, type Owed, ownerOf } from './owed.ts'
import { part } from './partition.ts'
import { undo } from './undo.ts'
import { killUnitScript, script, signalUnitScript } from './unit-faults.ts'
import { watch } from './watch.ts'

export interface InjectOptions {
  /** It ends with this process, however that ends. */
  readonly owned?: boolean
  /** It ends after so many seconds. */
  readonly seconds?: number
  /** False: all is done but the fault itself, so that whoever proves it has something that is not there. */
  readonly armed?: boolean
}

/**
 * Does a fault to its hosts. What is owed to them is written down first; a watchdog pays it where this process cannot.
 * @returns a name for it, to heal it by
 * @throws LabError where a host is not there, or the machine cannot do it
 */
export async function inject(fleet: Fleet, fault: Fault, { owned, seconds, armed = true }: InjectOptions = {}): Promise<string> {
  requireRoot()
  const id = randomBytes(4).toString('hex')
  const since = new Date().toISOString()
  const entries: Owed[] = []
  for (const name of fault.hosts) {
    const { name: host } = hostNamed(fleet, name)
    const device = fault.kind === 'slow-disk' ? await cardDevice(hostPaths(fleet.name, host)) : undefined
    entries.push({
      id,
      host,
      fault,
      since,
      ...(owned && { owner: ownerOf() }),
      ...(seconds !== undefined && { until: Date.now() + seconds * 1000 }),
      ...(device !== undefined && { device }),
    })
  }
  await changeOwed(fleet, owed => [...owed, ...entries])
  if (owned || seconds !== undefined) await watch(fleet)
  const done = armed ? await Promise.allSettled(entries.map(entry => apply(fleet, entry))) : []
  const refused = done.find(each => each.status === 'rejected')
  if (refused) {
    // Half a fault is none: what was done of it is taken back. What needs a boot for that stays owed.
    await undo(fleet, each => each.id === id)
    throw refused.reason as Error
  }
  return id
}

async function apply(fleet: Fleet, { host, fault, device = '' }: Owed): Promise<void> {
  const paths = hostPaths(fleet.name, host)
  const group = groupOf(identityOf(fleet.name).prefix, host)
  switch (fault.kind) {
    case 'kill':
      return void (fault.unit ? await script(fleet, host, killUnitScript(fault.unit)) : await kill(fleet, host))
    case 'pause':
      return void (fault.unit ? await script(fleet, host, signalUnitScript(fault.unit, 'STOP')) : await freeze(fleet, host))
    case 'power':
      await breakCard(paths)
      return killGroup(await hierarchies(), group)
    case 'cut':
      return cut(fleet, host)
    case 'partition':
      return part(fleet, host, fault)
    case 'delay':
    case 'loss':
    case 'jitter':
    case 'bandwidth':
      return shapeAsOwed(fleet, host)
    case 'fill-disk':
      return fillDisk(fleet, host)
    case 'read-only':
      return failCard(paths)
    case 'dead-disk':
      return breakCard(paths)
    case 'slow-disk':
      return throttleCard(group, device, fault.kilobytes * 1000)
    case 'slow-cpu':
      return setShare(fleet, host, fault.share)
    case 'clock':
      return void (await script(fleet, host, wrongClockScript(fault.seconds, fault.unit)))
    case 'change-host-key':
      return changeHostKey(fleet, host)
  }
}
