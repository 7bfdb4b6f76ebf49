import type { Failure } from '../errors.ts'
import type { DiskBudget } from '../disk.ts'
import type { Facts } from '../facts.ts'
import type { MemoryBudget } from '../memory.ts'
import type { Change } from '../resources/kind.ts'

/** What happens during a run, as it happens; `--json` prints them as they are, one a line. */
export type RunEvent = HostEvent & {
  /** The role whose cluster it is about; absent: the host itself. */
  readonly cluster?: string
}

type HostEvent =
  | { readonly event: 'connecting'; readonly host: string }
  | { readonly event: 'waiting'; readonly host: string; readonly for: string }
  | {
      readonly event: 'facts'
      readonly host: string
      readonly facts: Facts
      readonly memory: MemoryBudget
      readonly disks: readonly DiskBudget[]
    }
  | { readonly event: 'planned'; readonly host: string; readonly resources: number; readonly changes: readonly PlannedChange[] }
  | {
      readonly event: 'changing' | 'changed'
      readonly host: string
      readonly role: string
      readonly resource: string
      readonly does: readonly string[]
    }
  | { readonly event: 'uploading'; readonly host: string; readonly resource: string; readonly bytes: number; readonly of: number }
  | { readonly event: 'verifying'; readonly host: string }
  | { readonly event: 'note'; readonly host: string; readonly text: string }
  | { readonly event: 'reconnecting'; readonly host: string; readonly because: string }
  | ({ readonly event: 'finished'; readonly host: string } & HostResult)

export interface PlannedChange {
  readonly role: string
  readonly resource: string
  readonly changes: readonly Change[]
}

/** How one host ended, or what belongs to a role's cluster. `seconds` is wall time; `changed` counts what was changed, or under `--check` what would be. */
export interface HostResult {
  readonly status: 'unchanged' | 'changed' | 'would change' | 'failed'
  readonly changed: number
  readonly unchanged: number
  readonly seconds: number
  readonly failure?: Failure
  /** Of what belongs to a cluster: the host that spoke for it. */
  readonly spokenBy?: string
}

/** How people are told of what a role's cluster is about; the host is the one that speaks for it. */
export function clusterTitle(role: string, host?: string): string {
  return `cluster of ${role}${host === undefined ? '' : ` (on ${host})`}`
}

/** Whose line of a report an event is for. */
export function titleOf({ host, cluster }: Pick<RunEvent, 'host' | 'cluster'>): string {
  return cluster === undefined ? host : clusterTitle(cluster, host)
}

export type OnEvent = (event: RunEvent) => void
