import type { Clock } from '../../../engine/operation/clock.ts'
import type { RingHosts } from '../node/port.ts'
import type { Ring } from '../node/witness.ts'

/** What a step may use. */
export interface Tools {
  readonly hosts: RingHosts
  readonly clock: Clock
  /** Every other node of the ring, by its host ID. */
  readonly ring: Ring
  readonly keyspace: string
  progress(text: string): void
  /** Seconds between two looks at a host. */
  readonly interval: number
}
