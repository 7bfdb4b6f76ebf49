import type { RoleAnswer } from '../../../engine/status.ts'

/** How one job stands, by the JobManager's answers and the Pi's record of it. */
export interface JobAnswer {
  readonly name: string
  /** It is to run. */
  readonly wanted: boolean
  /** Flink's word for its state; absent: the JobManager does not have it. */
  readonly state?: string
  /** Seconds since it was begun. */
  readonly age?: number
  /** Seconds since its last checkpoint; absent: none yet. */
  readonly checkpoint?: number
  /** How far it is in the readings' own time: milliseconds since 1970. */
  readonly watermark?: number
  /** Seconds for which that has not moved. */
  readonly still?: number
  /** Records of the topic that wait for it. */
  readonly pending?: number
  /** Why the version of the fleet does not run. */
  readonly refused?: string
  /** What threw last, in one line. */
  readonly thrown?: string
}

/** What the tool prints: how jobs stand, and folders of checkpoints that none of them goes on from; or why nobody knows. */
export type HealthAnswer = { readonly jobs: readonly JobAnswer[]; readonly left?: number } | { readonly silent: string }

/** Seconds: checkpoints are made every 30, and may take a while. */
const young = 300
/** Seconds: without a reading no time goes on, but with readings that wait it must. */
const moves = 180

/**
 * What is wrong with jobs, end to end: each runs, its time moves as long as readings wait for it, and what it could go on from is young.
 */
export function readHealth(answer: HealthAnswer): RoleAnswer {
  if ('silent' in answer) return { wrong: [`the JobManager does not tell how its jobs are: ${answer.silent}`] }
  const { jobs } = answer
  return {
    wrong: jobs.flatMap(wrongWith),
    warns: jobs.flatMap(job => [
      ...(job.wanted ? [] : [`${job.name} is in the fleet no more, and still runs`]),
      ...(job.still !== undefined && job.still > moves && job.pending === 0 ? [`${job.name}: no reading has come for ${job.still} s`] : []),
    ]),
    says: jobs.map(said),
  }
}

function wrongWith({ name, wanted, state, age = 0, checkpoint, still = 0, pending, refused, thrown }: JobAnswer): readonly string[] {
  const edit = refused === undefined ? [] : [`the edit of ${name} does not run: ${refused}`]
  if (!wanted) return edit
  if (state === undefined) return [...edit, `${name} does not run: the JobManager does not have it`]
  const why = thrown === undefined ? '' : `: ${thrown}`
  if (state !== 'RUNNING') return [...edit, `${name} is ${state}${why}`]
  const old = checkpoint ?? age
  return [
    ...edit,
    ...(old > young ? [`${name} has made no checkpoint for ${old} s${why}`] : []),
    ...(still > moves && pending !== 0
      ? [`${name} stands still for ${still} s${pending === undefined ? '' : `, and ${pending} records wait for it`}${why}`]
      : []),
  ]
}

function said({ name, state, checkpoint, watermark, pending }: JobAnswer): string {
  const parts = [
    state ?? 'not there',
    ...(watermark === undefined ? [] : [`has counted until ${new Date(watermark).toISOString().slice(0, 19)}Z`]),
    ...(checkpoint === undefined ? [] : [`last checkpoint ${checkpoint} s ago`]),
    ...(pending === undefined ? [] : [`${pending} records wait`]),
  ]
  return `${name}: ${parts.join(', ')}`
}
