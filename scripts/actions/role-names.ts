import type { Candidate } from '../../cli/names.ts'
import type { RoleOperations } from '../../engine/operation/of-role.ts'
import { roles } from '../../roles/index.ts'

/** All roles there are, or those that have an operation, for completion. */
export function roleNames(operation?: keyof RoleOperations): readonly Candidate[] {
  return Object.entries(roles)
    .filter(([, role]) => operation === undefined || role.operations?.[operation] !== undefined)
    .map(([value]) => ({ value, meaning: 'role' }))
}
