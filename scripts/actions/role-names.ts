import type { Candidate } from '../../cli/names.ts'
import type { RoleOperations } from '../../engine/operation/of-role.ts'
import { registry } from '../../roles/index.ts'

/** All roles there are, or those that have an operation, for completion. */
export async function roleNames(operation?: keyof RoleOperations): Promise<readonly Candidate[]> {
  if (operation === undefined) return registry.names.map(value => ({ value, meaning: 'role' }))
  return Object.entries(await registry.all())
    .filter(([, role]) => role.operations?.[operation] !== undefined)
    .map(([value]) => ({ value, meaning: 'role' }))
}
