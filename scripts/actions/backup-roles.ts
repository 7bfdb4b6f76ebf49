import type { Candidate } from '../../cli/names.ts'
import { registry } from '../../roles/index.ts'

/** Roles that have something to keep, for completion. */
export async function backupRoles(): Promise<readonly Candidate[]> {
  return Object.entries(await registry.all()).flatMap(([value, role]) => (role.backup ? [{ value, meaning: 'role' }] : []))
}
