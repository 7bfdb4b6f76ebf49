import type { Fleet } from '../../engine/inventory/types.ts'
import { up } from '../up.ts'
import type { Owed } from './owed.ts'
import { hostsToBoot, undo } from './undo.ts'

/**
 * Ends faults, all that are owed unless `which` chooses, and boots the hosts that need it; after it these hosts answer.
 * @returns what was ended, each at its host
 * @throws LabError like up
 */
export async function heal(fleet: Fleet, which?: (owed: Owed) => boolean): Promise<readonly Owed[]> {
  const ended = await undo(fleet, which)
  const hosts = hostsToBoot(ended)
  if (hosts.length > 0) await up(fleet, { hosts })
  return ended
}
