import type { Fleet } from '../../engine/inventory/types.ts'
import { hostNamed } from '../preconditions.ts'
import type { Fault } from './kinds.ts'
import {
  provesClock,
  provesOff,
  provesOtherKey,
  provesSlowCpu,
  provesSlowDisk,
  provesStill,
  provesUnitDead,
  provesUnitStill,
  provesWriteFails,
} from './proofs/host.ts'
import { provesBandwidth, provesCut, provesDelay, provesJitter, provesLoss, provesPartition } from './proofs/network.ts'
import type { Found, Proof } from './proofs/proof.ts'

/**
 * Measures whether a fault is in force, at each of its hosts: by its effect, never by what the injector believes. A measurement that
 * cannot be made proves nothing.
 */
export async function prove(fleet: Fleet, fault: Fault): Promise<readonly Proof[]> {
  return Promise.all(
    fault.hosts.map(async host => {
      const found = await measure(fleet, host, fault).catch((error: Error) => ({
        expected: 'a measurement',
        measured: `none: ${error.message.split('\n')[0]}`,
        took: false,
      }))
      return { host, ...found }
    }),
  )
}

function measure(fleet: Fleet, name: string, fault: Fault): Promise<Found> {
  const host = hostNamed(fleet, name)
  switch (fault.kind) {
    case 'kill':
      return fault.unit ? provesUnitDead(fleet, name, fault.unit) : provesOff(fleet, host)
    case 'pause':
      return fault.unit ? provesUnitStill(fleet, name, fault.unit) : provesStill(fleet, host)
    case 'power':
      return provesOff(fleet, host)
    case 'cut':
      return provesCut(fleet, name)
    case 'partition':
      return provesPartition(fleet, name, fault)
    case 'delay':
      return provesDelay(fleet, host, fault)
    case 'loss':
      return provesLoss(fleet, name, fault)
    case 'jitter':
      return provesJitter(fleet, name, fault)
    case 'bandwidth':
      return provesBandwidth(fleet, name, fault)
    case 'fill-disk':
    case 'read-only':
    case 'dead-disk':
      return provesWriteFails(fleet, name, fault.kind)
    case 'slow-disk':
      return provesSlowDisk(fleet, name, fault)
    case 'slow-cpu':
      return provesSlowCpu(fleet, host, fault)
    case 'clock':
      return provesClock(fleet, name, fault)
    case 'change-host-key':
      return provesOtherKey(fleet, host)
  }
}
