import { fileURLToPath } from 'node:url'
import { findInventory } from '../engine/inventory/find.ts'
import type { CommonOptions } from './options.ts'

/**
 * The inventory file a command works on. For `lab` that is the project's own lab where nobody says otherwise.
 * @throws InventoryError when there is none
 */
export function inventoryOf(command: string, { inventory }: CommonOptions): string {
  const own =
    command === 'lab' && !process.env['FLEET_INVENTORY'] ? fileURLToPath(new URL('../hosts/lab.yaml', import.meta.url)) : undefined
  return findInventory(process.cwd(), inventory ?? own)
}
