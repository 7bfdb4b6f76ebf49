import type { Fleet } from '../engine/inventory/types.ts'
import { groupOf, hierarchies, killGroup } from './cgroup/groups.ts'
import type { LabEvent } from './events.ts'
import { removeCard } from './host/card.ts'
import { identityOf } from './identity.ts'
import { locked } from './lock.ts'
import { hostPaths, labPaths } from './paths.ts'
import { hostNamed, requireRoot } from './preconditions.ts'
import { up } from './up.ts'

/**
 * Gives hosts new cards and boots them: pristine, with the host keys they had.
 * @throws LabError like up
 */
export async function reset(fleet: Fleet, names: string | readonly string[], on: (event: LabEvent) => void = () => {}): Promise<void> {
  requireRoot()
  const hosts = [names].flat().map(name => hostNamed(fleet, name).name)
  const all = await hierarchies()
  await locked(labPaths(fleet.name).lock, async () => {
    for (const name of hosts) {
      await killGroup(all, groupOf(identityOf(fleet.name).prefix, name))
      await removeCard(hostPaths(fleet.name, name))
    }
  })
  await up(fleet, { hosts, on })
}
