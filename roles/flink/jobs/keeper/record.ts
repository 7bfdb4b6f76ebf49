import type { Version } from '../job.ts'

/** A run of a job in Flink, written down before it is submitted. */
export interface Run {
  /** Flink's id of it, chosen by us: who submits it again meets the same run, and the JobManager takes an id once. */
  readonly id: string
  readonly hash: string
  /** The restore point it begins from; absent: it began with nothing. */
  readonly from?: string
  /** It has made a checkpoint of its own, so it reads its state and its SQL is right. */
  readonly settled: boolean
  /** State that nothing reads any more is dropped. */
  readonly drops?: true
}

/** A stop with a savepoint that was asked for. */
export interface Stopping {
  /** What the request is called, chosen by us: who asks again meets the same one. */
  readonly trigger: string
  /** The folder the savepoint goes into. */
  readonly into: string
}

/** How to go on where the state does not fit: begin with nothing, or drop what nothing reads any more. */
export type Accept = 'anew' | 'drop'

/**
 * What the Pi knows of one job. Each step is written here before it is begun: whoever comes next finds what is owed. A run that is not
 * settled is owed, and so is a stop.
 */
export interface JobRecord {
  readonly name: string
  readonly run?: Run
  readonly stopping?: Stopping
  /** The version that was seen at work last: it goes on where an edit of it is refused. */
  readonly good?: Version
  /** Newest restore point of the runs before. */
  readonly restore?: string
  /** Versions that cannot go on from the state there is, and why, by their hash. */
  readonly refused?: Readonly<Record<string, string>>
  readonly accept?: Accept
  /** Folders that nothing is resumed from once the run is settled. */
  readonly old?: readonly string[]
}
