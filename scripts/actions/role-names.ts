import type { Candidate } from '../../cli/names.ts'
import { roles } from '../../roles/index.ts'

/** All roles there are, for completion. */
export function roleNames(): readonly Candidate[] {
  return Object.keys(roles).map(value => ({ value, meaning: 'role' }))
}
