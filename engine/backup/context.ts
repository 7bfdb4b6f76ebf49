import type { Fleet, Host } from '../inventory/types.ts'
import type { AnyRole, Roles } from '../role.ts'
import { varsOf } from '../run/resolve.ts'
import type { Session } from '../ssh/session.ts'
import type { Depot } from './depot.ts'
import type { RoleBackup } from './part.ts'

/** What happens while a backup is taken, looked at or put back; `--json` prints them as they are. */
export type BackupEvent =
  | { readonly event: 'part'; readonly host: string; readonly role: string; readonly part: string; readonly does: string }
  | { readonly event: 'bytes'; readonly host: string; readonly part: string; readonly bytes: number }
  | {
      readonly event: 'done'
      readonly host: string
      readonly role: string
      readonly part: string
      readonly bytes: number
      readonly figures: Readonly<Record<string, number>>
      readonly seconds: number
    }
  | { readonly event: 'failed'; readonly host: string; readonly role: string; readonly why: string }

export interface BackupContext {
  readonly fleet: Fleet
  readonly roles: Roles
  readonly depot: Depot
  /** The folder of a Pi from which its figures are read, for alerts. */
  readonly figures: string
  /** Who holds the hosts meanwhile. */
  readonly owner: string
  open(host: Host): Promise<Session>
  on(event: BackupEvent): void
  readonly stop?: AbortSignal
}

/** A role of a host with what is kept of it. */
export interface Keeper {
  readonly host: Host
  readonly role: AnyRole
  readonly backup: RoleBackup
  readonly of: { readonly host: Host; readonly fleet: Fleet; readonly vars: unknown }
}

/** All of a fleet's hosts whose roles have something to keep; `only`: of these roles, `hosts`: on these hosts. */
export async function keepersOf(
  { fleet, roles }: Pick<BackupContext, 'fleet' | 'roles'>,
  only?: readonly string[],
  hosts: readonly Host[] = fleet.hosts,
): Promise<readonly Keeper[]> {
  const found = hosts.flatMap(host =>
    host.roles.flatMap(name => {
      const role = roles[name]
      return role?.backup && (!only || only.includes(name)) ? [{ host, role, load: role.backup }] : []
    }),
  )
  return Promise.all(
    found.map(async ({ host, role, load }) => ({ host, role, backup: await load(), of: { host, fleet, vars: varsOf(role, host) } })),
  )
}
