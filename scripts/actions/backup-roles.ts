import type { Candidate } from '../../cli/names.ts'
import { roles } from '../../roles/index.ts'

/** Roles that have something to keep, for completion. */
export function backupRoles(): readonly Candidate[] {
  return Object.entries(roles).flatMap(([value, role]) => (role.backup ? [{ value, meaning: 'role' }] : []))
}
