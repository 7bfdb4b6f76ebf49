import { inventoryOf } from '../../cli/inventory.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { loadFleet } from '../../engine/inventory/load.ts'
import type { Fleet } from '../../engine/inventory/types.ts'

/**
 * The fleet a command works on, checked against all roles there are.
 * @throws InventoryError when there is none, or it is wrong
 */
export async function fleetOf(command: string, options: CommonOptions): Promise<Fleet> {
  const file = inventoryOf(command, options)
  const { registry } = await import('../../roles/index.ts')
  return loadFleet(file, registry)
}
