/** A job as the JobManager lists it. */
export interface JobSeen {
  readonly id: string
  readonly name: string
  /** Flink's word, e.g. `RUNNING`. */
  readonly state: string
}

/** It has ended, for whatever reason. */
export const ended = ({ state }: Pick<JobSeen, 'state'>): boolean => ['FINISHED', 'CANCELED', 'FAILED'].includes(state)

/** How a stop with a savepoint stands; `unknown`: the JobManager has not heard of it. */
export type StopSeen = 'under way' | 'unknown' | { readonly location: string } | { readonly failed: string }

/** What is known of one job now. The JobManager has answered: where it does not, nothing is known and nothing is done. */
export interface Seen {
  /** All jobs, also those of others. */
  readonly jobs: readonly JobSeen[]
  /** Checkpoints that its run has completed since it began, and what last threw in it. */
  readonly checkpoints: number
  readonly thrown?: string
  /** Newest whole checkpoint of its run on disk, and the folder of all of them. */
  readonly checkpoint?: string
  readonly checkpointFolder?: string
  readonly stop?: StopSeen
  /** A whole savepoint in the folder that its stop writes to. */
  readonly savepoint?: string
}
