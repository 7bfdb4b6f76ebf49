import { fileURLToPath } from 'node:url'
import { findInventory } from '../../engine/inventory/find.ts'
import { loadFleet } from '../../engine/inventory/load.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import type { CommonOptions } from './program.ts'

/**
 * The inventory file a command works on. For `lab` that is the project's own lab where nobody says otherwise.
 * @throws InventoryError when there is none
 */
export function inventoryOf(command: string, { inventory }: CommonOptions): string {
  const own =
    command === 'lab' && !process.env['FLEET_INVENTORY'] ? fileURLToPath(new URL('../../hosts/lab.yaml', import.meta.url)) : undefined
  return findInventory(process.cwd(), inventory ?? own)
}

/**
 * The fleet a command works on, checked against all roles there are.
 * @throws InventoryError when there is none, or it is wrong
 */
export async function fleetOf(command: string, options: CommonOptions): Promise<Fleet> {
  const file = inventoryOf(command, options)
  const { roles } = await import('../../roles/index.ts')
  return loadFleet(file, roles)
}
