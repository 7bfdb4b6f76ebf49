import type { Fleet } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies, killGroup, processesOf } from '../cgroup/groups.ts'
import { freeDisk, mend, restoreHostKey, thaw } from '../faults.ts'
import { leaderOf } from '../host/process.ts'
import { identityOf } from '../identity.ts'
import { deviceExists } from '../network/line.ts'
import { octetOf } from '../network/addressing.ts'
import { hostPaths } from '../paths.ts'
import { hostNamed } from '../preconditions.ts'
import { repairCard, throttleCard } from './card-faults.ts'
import { rightClockScript } from './clock.ts'
import { setShare, shapeAsOwed } from './limits.ts'
import { changeOwed, type Owed } from './owed.ts'
import { join } from './partition.ts'
import { script, signalUnitScript, startUnitScript } from './unit-faults.ts'

/** After these a host has to be booted; until then they are owed. */
const needsBoot = ({ fault }: Owed): boolean =>
  ['power', 'read-only', 'dead-disk'].includes(fault.kind) || (fault.kind === 'kill' && fault.unit === undefined)

/**
 * Ends faults, all that are owed unless `which` chooses. What a boot has to end stays owed: `lab up` boots and forgets it.
 * @returns what was ended, each at its host
 */
export async function undo(fleet: Fleet, which: (owed: Owed) => boolean = () => true): Promise<readonly Owed[]> {
  const ended: Owed[] = []
  const known = new Set(fleet.hosts.map(({ name }) => name))
  await changeOwed(fleet, async owed => {
    const left: Owed[] = []
    // The last first: each finds what it found when it came.
    for (const each of owed.toReversed()) {
      if (!which(each)) left.unshift(each)
      else if (known.has(each.host)) {
        await end(fleet, each)
        ended.push(each)
        if (needsBoot(each)) left.unshift(each)
      }
    }
    return left
  })
  return ended
}

/** Says that these hosts were seen up: what a boot ends is over. */
export async function settle(fleet: Fleet, hosts: readonly string[]): Promise<void> {
  await changeOwed(fleet, owed => owed.filter(each => !(needsBoot(each) && hosts.includes(each.host))))
}

/** Hosts among ended faults that have to be booted. */
export function hostsToBoot(ended: readonly Owed[]): readonly string[] {
  return [...new Set(ended.filter(needsBoot).map(({ host }) => host))]
}

async function end(fleet: Fleet, { id, host, fault, device }: Owed): Promise<void> {
  const group = groupOf(identityOf(fleet.name).prefix, host)
  const running = (await leaderOf(await processesOf(await hierarchies(), group))) !== undefined
  /** In a host that is down there is nothing to end: what is in its /run and its kernel went with it. */
  const inside = async (text: string): Promise<void> => void (running && (await script(fleet, host, text)))
  switch (fault.kind) {
    case 'kill':
      return fault.unit ? inside(startUnitScript(fault.unit)) : undefined
    case 'pause':
      return fault.unit ? inside(signalUnitScript(fault.unit, 'CONT')) : thaw(fleet, host)
    case 'power':
    case 'read-only':
    case 'dead-disk':
      await killGroup(await hierarchies(), group)
      return repairCard(hostPaths(fleet.name, host))
    case 'cut':
      return deviceExists(identityOf(fleet.name).link(octetOf(hostNamed(fleet, host).address))) ? mend(fleet, host) : undefined
    case 'partition':
      return join(fleet, host, fault)
    case 'delay':
    case 'loss':
    case 'jitter':
    case 'bandwidth':
      return shapeAsOwed(fleet, host, id)
    case 'fill-disk':
      return freeDisk(fleet, host)
    case 'slow-disk':
      return device === undefined ? undefined : throttleCard(group, device, undefined)
    case 'slow-cpu':
      return setShare(fleet, host).catch(() => {})
    case 'clock':
      return inside(rightClockScript(fault.unit))
    case 'change-host-key':
      return running ? restoreHostKey(fleet, host) : undefined
  }
}
