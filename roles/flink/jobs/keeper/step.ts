import { readName, type Job, type Version } from '../job.ts'
import { choices, misfit } from './misfit.ts'
import type { JobRecord, Run } from './record.ts'
import { ended, type Seen } from './seen.ts'

/** What is done next. `record` is written down first; `says` is for a person. */
export type Step =
  | { readonly do: 'submit'; readonly record: JobRecord; readonly run: Run; readonly version: Version; readonly says: string }
  | { readonly do: 'stop'; readonly record: JobRecord; readonly says: string }
  | { readonly do: 'cancel'; readonly id: string; readonly record: JobRecord; readonly says: string }
  | { readonly do: 'note'; readonly record: JobRecord; readonly says: string }
  /** The record is removed: nothing is owed, and nothing runs. */
  | { readonly do: 'forget'; readonly says: string }
  | { readonly do: 'remove'; readonly folders: readonly string[]; readonly record: JobRecord; readonly says: string }
  /** Nothing can be done but wait; with a `record`: until the next round, or `again` in this one. */
  | { readonly do: 'wait'; readonly says: string; readonly record?: JobRecord; readonly again?: true }

/** Makes what must be new each time. */
export interface Fresh {
  /** 32 hex digits. */
  id(): string
  /** A folder for the savepoint of a run. */
  savepoints(name: string, run: string): string
}

/**
 * The next step on the way to `wanted` (undefined: it is to run no more); undefined: all is as it should be. Pure, and right from wherever
 * an earlier one was cut off.
 */
export function nextStep(name: string, wanted: Job | undefined, record: JobRecord | undefined, seen: Seen, fresh: Fresh): Step | undefined {
  const known = record ?? { name }
  return (
    stranger(known, seen) ??
    (known.stopping ? stopped(known, seen) : undefined) ??
    (known.run ? ofRun(known, known.run, wanted, seen, fresh) : begin(known, record !== undefined, wanted, fresh))
  )
}

/** One of its runs that the record does not know: the record was lost, or somebody started it by hand. There is one at most. */
function stranger(record: JobRecord, { jobs }: Seen): Step | undefined {
  const stays = jobs.filter(job => !ended(job) && job.state !== 'CANCELLING')
  const other = stays.find(job => readName(job.name)?.name === record.name && job.id !== record.run?.id)
  if (!other) return undefined
  if (record.run)
    return { do: 'cancel', id: other.id, record, says: `cancels a second run of ${record.name}, ${other.id}, which nobody here began` }
  const run = { id: other.id, hash: readName(other.name)?.hash ?? '', settled: false }
  return { do: 'note', record: { ...record, run }, says: `${record.name} runs already: ${other.id}` }
}

function stopped(record: JobRecord, seen: Seen): Step | undefined {
  const { run, stopping: _stopping, ...rest } = record
  const job = seen.jobs.find(({ id }) => id === run?.id)
  const over = (restore: string | undefined, says: string): Step => ({
    do: 'note',
    record: { ...rest, ...(restore !== undefined && { restore }), old: left(record, seen, restore) },
    says,
  })
  const { stop = 'unknown' } = seen
  const alive = job !== undefined && !ended(job)
  if (typeof stop === 'object' && 'location' in stop && alive) return { do: 'wait', says: `${record.name} ends` }
  if (typeof stop === 'object' && 'location' in stop) return over(stop.location, `${record.name} has stopped, with a savepoint`)
  if (stop === 'under way') return { do: 'wait', says: `${record.name} writes its savepoint` }
  if (typeof stop === 'object' && alive)
    return {
      do: 'wait',
      record: { ...rest, ...(run && { run }) },
      ...(notAllAtWork.test(stop.failed) && { again: true as const }),
      says: `${record.name} could not write its savepoint and goes on: ${stop.failed}`,
    }
  if (alive) return { do: 'stop', record, says: `stops ${record.name} with a savepoint` }
  if (seen.savepoint !== undefined) return over(seen.savepoint, `${record.name} has stopped, with a savepoint`)
  return over(
    seen.checkpoint ?? run?.from ?? record.restore,
    `${record.name} has ended without a savepoint: its newest checkpoint is what is left`,
  )
}

/** Flink's words for a job that has just begun, or begins again: its parts come one after the other, and none is asked before all are there. */
const notAllAtWork = /Not all required tasks are currently running|is not being executed at the moment/

/** Folders of a run that is over, but what it is resumed from: they go once the next one is settled. */
function left(record: JobRecord, { checkpointFolder }: Seen, restore: string | undefined): readonly string[] {
  const before = [record.run?.from, record.restore].filter(path => path !== undefined && path !== restore) as string[]
  return [
    ...new Set([
      ...(record.old ?? []),
      ...before,
      ...(checkpointFolder === undefined ? [] : [checkpointFolder]),
      ...(restore ? [restore] : []),
    ]),
  ]
}

function ofRun(record: JobRecord, run: Run, wanted: Job | undefined, seen: Seen, fresh: Fresh): Step | undefined {
  const { name } = record
  const job = seen.jobs.find(({ id }) => id === run.id)
  if (!job || ended(job)) return gone(record, run, wanted, seen)
  const why = !run.settled && run.from !== undefined && seen.checkpoints === 0 ? misfit(seen.thrown ?? '') : undefined
  if (why !== undefined) return refuse(record, run, why, job.id)
  if (wanted === undefined) return stop(record, run, fresh, `stops ${name}, which the fleet has no more, with a savepoint`)
  if (record.accept !== undefined) return stop(record, run, fresh, `stops ${name} with a savepoint, as it was asked to`)
  if (run.hash !== wanted.hash && record.refused?.[wanted.hash] === undefined)
    return stop(record, run, fresh, `stops ${name} with a savepoint, for it was edited`)
  if (!run.settled) {
    if (seen.checkpoints === 0) return { do: 'wait', says: `${name} has made no checkpoint yet` }
    const good = run.hash === wanted.hash ? { hash: wanted.hash, sql: wanted.sql } : record.good
    return {
      do: 'note',
      record: { ...record, run: { ...run, settled: true }, ...(good && { good }) },
      says: `${name} runs and has made a checkpoint of its own`,
    }
  }
  if (record.old !== undefined && record.old.length > 0) {
    const { old, restore: _restore, ...rest } = record
    return { do: 'remove', folders: old, record: rest, says: `removes what ${name} is not resumed from any more` }
  }
  return undefined
}

function stop(record: JobRecord, run: Run, fresh: Fresh, says: string): Step {
  return { do: 'stop', record: { ...record, stopping: { trigger: fresh.id(), into: fresh.savepoints(record.name, run.id) } }, says }
}

/** The JobManager has answered and does not have the run, or has it as ended. */
function gone(record: JobRecord, run: Run, wanted: Job | undefined, seen: Seen): Step | undefined {
  const { run: _run, ...rest } = record
  const why = run.from !== undefined && !run.settled && seen.checkpoint === undefined ? misfit(seen.thrown ?? '') : undefined
  if (why !== undefined) return refuse(record, run, why)
  const version = versionOf(run.hash, record, wanted)
  const ran = seen.jobs.some(({ id }) => id === run.id)
  // It was to be submitted, and has left nothing: it is, as the very same run.
  if (!run.settled && !ran && seen.checkpoint === undefined && version)
    return { do: 'submit', record, run, version, says: `submits ${record.name}` }
  const restore = seen.checkpoint ?? run.from
  return {
    do: 'note',
    record: { ...rest, ...(restore !== undefined && { restore }), old: left(record, seen, restore) },
    says: `${record.name} does not run any more${restore === undefined ? ', and left no checkpoint' : ''}`,
  }
}

const versionOf = (hash: string, { good }: JobRecord, wanted: Job | undefined): Version | undefined =>
  [wanted, good].find(version => version?.hash === hash)

function refuse(record: JobRecord, run: Run, why: string, cancel?: string): Step {
  const { run: _run, accept: _accept, ...rest } = record
  const after = { ...rest, ...(run.from !== undefined && { restore: run.from }), refused: { ...record.refused, [run.hash]: why } }
  const says = `this version of ${record.name} does not fit the state of the one before (${why}): ${choices(record.name)}`
  return cancel === undefined ? { do: 'note', record: after, says } : { do: 'cancel', id: cancel, record: after, says }
}

function begin(record: JobRecord, written: boolean, wanted: Job | undefined, fresh: Fresh): Step | undefined {
  if (wanted === undefined) return written ? leave(record) : undefined
  const { accept, ...rest } = record
  const { refused, ...accepted } = rest
  const base: JobRecord = accept === undefined ? rest : accepted
  const version = [wanted, record.good].find(each => each && base.refused?.[each.hash] === undefined)
  if (!version) return { do: 'wait', says: `no version of ${record.name} fits its state: ${choices(record.name)}` }
  const from = accept === 'anew' ? undefined : record.restore
  const run: Run = {
    id: fresh.id(),
    hash: version.hash,
    settled: false,
    ...(from !== undefined && { from }),
    ...(accept === 'drop' && { drops: true }),
  }
  const how = from === undefined ? '' : ', which goes on from where it was'
  const edit = version.hash === wanted.hash ? '' : ', as it was before the edit'
  return { do: 'submit', record: { ...base, run }, run, version, says: `submits ${record.name}${how}${edit}` }
}

/** A job that the fleet has no more: its last savepoint stays, for who wants it back. */
function leave(record: JobRecord): Step {
  const { old = [], restore, ...rest } = record
  const folders = old.filter(folder => !restore?.startsWith(folder))
  const kept = restore === undefined ? '' : `; what it can go on from stays: ${restore}`
  if (folders.length === 0) return { do: 'forget', says: `${record.name} is gone${kept}` }
  return { do: 'remove', folders, record: { ...rest, ...(restore !== undefined && { restore }) }, says: `removes what ${record.name} left` }
}
