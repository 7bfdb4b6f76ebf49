import type { UsageFiles } from '../cgroup/usage.ts'

/** What the process that plays the boards has to know of a host. */
export interface Board {
  readonly host: string
  /** Where its files are. */
  readonly directory: string
  readonly usage: UsageFiles
  /** Bytes. */
  readonly memory: number
  /** Share of one machine core. */
  readonly cpu: number
  readonly cores: number
}
