import { tell } from '../../cli/output.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { offersOf } from '../../engine/offer.ts'
import { thisRun } from '../../engine/run/lock.ts'
import { opener } from '../../engine/run/open.ts'
import { secretsFor } from '../../engine/run/provision.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import type { Roles } from '../../engine/role.ts'
import { Quiet } from '../../roles/quiet.ts'

/** What keeps alerts silent about hosts that a command changes. Nobody is asked for a password for it. */
export function quietFor(fleet: Fleet, roles: Roles, command: string, flags: { readonly acceptNewKeys?: true }): Quiet {
  return new Quiet({
    fleet,
    roles,
    offered: offersOf(fleet, roles, varsOf),
    open: host => opener(fleet, { acceptNewKeys: flags.acceptNewKeys === true, secrets: secretsFor(fleet, true) })(host),
    by: thisRun(command),
    why: `${command} is at work there`,
    tell,
  })
}
