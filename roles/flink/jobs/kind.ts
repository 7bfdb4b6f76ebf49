import { resource, type AnyResource, type Change, type Kind, type Resource } from '../../../engine/resources/index.ts'
import { readName, type Job } from './job.ts'
import { choices } from './keeper/misfit.ts'
import { ended, type JobSeen } from './keeper/seen.ts'
import { asksJobs, wantsJobs } from './place.ts'

/** What the keeper says of a Pi's jobs. */
export interface JobsSeen {
  readonly wanted: readonly Pick<Job, 'name' | 'hash'>[]
  readonly records: readonly {
    readonly name: string
    readonly hash?: string
    readonly id?: string
    readonly settled?: boolean
    readonly stopping: boolean
    readonly refused: Readonly<Record<string, string>>
  }[]
  /** What the JobManager lists; absent: it does not answer. */
  readonly jobs?: readonly JobSeen[]
}

/** All jobs of a fleet. */
interface Spec {
  readonly jobs: readonly Job[]
  /** Seconds in which all of them are to be at work. */
  readonly patience: number
}

/** By what the jobs of a Pi differ from those of the fleet. Pure. */
export function differences(wanted: readonly Job[], seen: JobsSeen): readonly Change[] {
  const alive = (seen.jobs ?? []).filter(job => !ended(job))
  const known = new Set([...seen.records.map(({ name }) => name), ...alive.flatMap(job => readName(job.name)?.name ?? [])])
  const gone = [...known].filter(name => !wanted.some(job => job.name === name)).sort()
  return [
    ...wanted.flatMap(job => ofOne(job, seen, alive)),
    ...gone.map(name => ({ does: `stop ${name} with a savepoint, and submit it no more` })),
  ]
}

function ofOne({ name, hash }: Job, { wanted, records, jobs }: JobsSeen, alive: readonly JobSeen[]): readonly Change[] {
  const record = records.find(each => each.name === name)
  const told = wanted.some(each => each.name === name && each.hash === hash)
  const runs = alive.some(({ id }) => id === record?.id)
  // It goes on as it was before the edit, and a person was told what to choose from: another run would change nothing.
  if (told && record?.refused[hash] !== undefined && runs) return []
  if (record?.hash === undefined) return [{ does: `submit ${name}` }]
  if (record.hash !== hash) return [{ does: `stop ${name} with a savepoint, and go on from it as it was edited` }]
  if (record.stopping) return [{ does: `go on with ${name}, whose stop was cut off` }]
  if (jobs !== undefined && !runs) return [{ does: `submit ${name} again, from its newest checkpoint` }]
  return told ? [] : [{ does: `keep ${name} at work` }]
}

export const jobsKind: Kind<Spec, JobsSeen | undefined> = {
  name: 'flink jobs',
  label: ({ jobs }) => jobs.map(({ name }) => name).join(', ') || 'none',
  ask: () => asksJobs,
  read(output, specs) {
    const line = output.split('\n').find(text => text.startsWith('{'))
    const seen = line === undefined ? undefined : (JSON.parse(line) as JobsSeen)
    return specs.map(() => seen)
  },
  compare({ jobs }, seen) {
    if (!seen) return jobs.map(({ name }) => ({ does: `submit ${name}` }))
    return differences(jobs, seen)
  },
  change: ({ jobs, patience }) => [{ run: wantsJobs(jobs, patience), timeout: patience + 360 }],
  notes({ jobs }, seen) {
    if (!seen) return []
    const refused = jobs.flatMap(({ name, hash }) => {
      const why = seen.records.find(each => each.name === name)?.refused[hash]
      return why === undefined
        ? []
        : [`flink: the edit of ${name} does not fit its state (${why}), so it runs as it was before: ${choices(name)}`]
    })
    const others = (seen.jobs ?? []).filter(job => !ended(job) && !readName(job.name))
    return [...refused, ...others.map(({ name }) => `flink: the job “${name}” is none of the fleet's, and is left alone`)]
  },
}

/** The jobs of the fleet, asked on the JobManager's Pi; `on`: what they are submitted with. */
export function flinkJobs(jobs: readonly Job[], on: readonly AnyResource[] = [], patience = 300): Resource<Spec, JobsSeen | undefined> {
  return resource(jobsKind, { jobs, patience }, on)
}
