import type { Hosts } from './hosts.ts'

/** What a step may use. */
export interface Tools {
  readonly hosts: Hosts
  /** Every other host of the inventory that has the role, and may be asked about the ring. */
  readonly others: readonly string[]
  readonly keyspace: string
  progress(text: string): void
  /** Seconds between two looks at a host. */
  readonly interval: number
}
