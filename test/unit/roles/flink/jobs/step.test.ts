import { describe, expect, test } from 'vitest'
import { flinkName, jobOf } from '../../../../../roles/flink/jobs/job.ts'
import type { JobRecord } from '../../../../../roles/flink/jobs/keeper/record.ts'
import type { Seen } from '../../../../../roles/flink/jobs/keeper/seen.ts'
import { nextStep, type Step } from '../../../../../roles/flink/jobs/keeper/step.ts'

const before = jobOf('averages', 'INSERT INTO a SELECT 1')
const edited = jobOf('averages', 'INSERT INTO a SELECT 2')
const runId = '0'.repeat(32)
const fresh = { id: () => 'f'.repeat(32), savepoints: (name: string, run: string) => `/savepoints/${name}/${run}` }
const nothing: Seen = { jobs: [], checkpoints: 0 }
const running = (id = runId, state = 'RUNNING', of = before) => ({ id, name: flinkName(of), state })
const atWork: Seen = {
  jobs: [running()],
  checkpoints: 3,
  checkpoint: `/checkpoints/${runId}/chk-3`,
  checkpointFolder: `/checkpoints/${runId}`,
}
const good = { hash: before.hash, sql: before.sql }
const settled: JobRecord = { name: 'averages', run: { id: runId, hash: before.hash, settled: true }, good }
const step = (wanted: typeof before | undefined, record: JobRecord | undefined, seen: Seen): Step | undefined =>
  nextStep('averages', wanted, record, seen, fresh)

describe('a job that is not there yet', () => {
  test('is written down with an id and then submitted', () => {
    expect(step(before, undefined, nothing)).toMatchObject({
      do: 'submit',
      record: { run: { id: 'f'.repeat(32), hash: before.hash, settled: false } },
    })
  })

  const owed: JobRecord = { name: 'averages', run: { id: runId, hash: before.hash, settled: false } }
  test('is submitted as the same run when that was cut off, and never while the JobManager has it', () => {
    expect(step(before, owed, nothing)).toMatchObject({ do: 'submit', run: { id: runId } })
    expect(step(before, owed, { jobs: [running(runId, 'INITIALIZING')], checkpoints: 0 })).toMatchObject({ do: 'wait' })
  })

  test('is at work once it has made a checkpoint', () => {
    expect(step(before, owed, atWork)).toMatchObject({ do: 'note', record: { run: { settled: true }, good } })
  })

  test('that ran before it was known to be at work goes on from its checkpoint when the JobManager forgot it', () => {
    const { jobs: _jobs, ...left } = atWork
    expect(step(before, owed, { ...left, jobs: [], checkpoints: 0 })).toMatchObject({
      do: 'note',
      record: { restore: `/checkpoints/${runId}/chk-3`, old: [`/checkpoints/${runId}`, `/checkpoints/${runId}/chk-3`] },
    })
  })

  test('that runs and is in no record is taken on', () => {
    expect(step(before, undefined, { jobs: [running()], checkpoints: 0 })).toMatchObject({
      do: 'note',
      record: { run: { id: runId, hash: before.hash } },
    })
  })
})

describe('a job at work', () => {
  test('needs nothing', () => {
    expect(step(before, settled, atWork)).toBeUndefined()
  })

  test('is resumed from its newest checkpoint when the JobManager does not have it, as a run of another id', () => {
    const forgotten = { ...atWork, jobs: [], checkpoints: 0 }
    const first = step(before, settled, forgotten)
    expect(first).toMatchObject({ do: 'note', record: { restore: `/checkpoints/${runId}/chk-3` } })
    const record = (first as { record: JobRecord }).record
    expect(record.run).toBeUndefined()
    expect(step(before, record, nothing)).toMatchObject({ do: 'submit', run: { id: 'f'.repeat(32), from: `/checkpoints/${runId}/chk-3` } })
  })

  test('has one run: a second one is cancelled', () => {
    const other = running('1'.repeat(32))
    expect(step(before, settled, { ...atWork, jobs: [running(), other] })).toMatchObject({ do: 'cancel', id: other.id, record: settled })
  })

  test('is not taken for another while one of its runs is being cancelled', () => {
    const leaving = running('1'.repeat(32), 'CANCELLING')
    expect(step(before, settled, { ...atWork, jobs: [running(), leaving] })).toBeUndefined()
    expect(step(before, { name: 'averages', restore: '/s' }, { jobs: [leaving], checkpoints: 0 })).toMatchObject({ do: 'submit' })
  })

  test('of another name is nobody of ours', () => {
    expect(step(before, settled, { ...atWork, jobs: [running(), { id: 'x', name: 'averages by hand', state: 'RUNNING' }] })).toBeUndefined()
  })

  test('removes what it was resumed from once it has a checkpoint of its own', () => {
    expect(step(before, { ...settled, restore: '/s', old: ['/s', '/c'] }, atWork)).toMatchObject({
      do: 'remove',
      folders: ['/s', '/c'],
      record: settled,
    })
  })
})

describe('an edit', () => {
  const stopping: JobRecord = { ...settled, stopping: { trigger: 'f'.repeat(32), into: `/savepoints/averages/${runId}` } }

  test('is a stop with a savepoint, written down before it is asked for', () => {
    expect(step(edited, settled, atWork)).toMatchObject({ do: 'stop', record: stopping })
  })

  test('asks again where the request did not arrive, and waits where it did', () => {
    expect(step(edited, stopping, { ...atWork, stop: 'unknown' })).toMatchObject({ do: 'stop', record: stopping })
    expect(step(edited, stopping, { ...atWork, stop: 'under way' })).toMatchObject({ do: 'wait' })
    expect(step(edited, stopping, { ...atWork, stop: { location: '/s' } })).toMatchObject({ do: 'wait' })
  })

  const ended = { ...atWork, jobs: [running(runId, 'FINISHED')], checkpoints: 0 }
  test.for([
    ['is told', { ...ended, stop: { location: '/savepoints/averages/1/savepoint-1' } as const }, '/savepoints/averages/1/savepoint-1'],
    ['is found on the disk after the JobManager was killed', { ...ended, jobs: [], stop: 'unknown' as const, savepoint: '/s' }, '/s'],
    ['was never written', { ...ended, jobs: [], stop: 'unknown' as const }, `/checkpoints/${runId}/chk-3`],
  ] as const)('goes on from the savepoint that %s', ([, seen, restore]) => {
    const noted = step(edited, stopping, seen)
    expect(noted).toMatchObject({ do: 'note', record: { restore } })
    const { record } = noted as { record: JobRecord }
    expect(record.stopping).toBeUndefined()
    expect(step(edited, record, nothing)).toMatchObject({ do: 'submit', run: { hash: edited.hash, from: restore }, version: edited })
  })

  test('is tried again later where the savepoint failed and the job goes on', () => {
    const failed = step(edited, stopping, { ...atWork, stop: { failed: 'the disk is full' } })
    expect(failed).toMatchObject({ do: 'wait', says: expect.stringContaining('the disk is full') })
    expect((failed as { record: JobRecord }).record.stopping).toBeUndefined()
    expect(failed).not.toHaveProperty('again')
    // One that begins again has no parts to ask yet: a moment later it has, and the stop is asked for under another name.
    const early = step(edited, stopping, {
      ...atWork,
      stop: { failed: 'CheckpointException: Not all required tasks are currently running.' },
    })
    expect(early).toMatchObject({ do: 'wait', again: true, record: settled })
  })

  const submitted: JobRecord = { name: 'averages', run: { id: runId, hash: edited.hash, from: '/s', settled: false }, good, old: ['/s'] }
  const thrown =
    'java.util.concurrent.CompletionException\nCaused by: java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint file:/s. Cannot map checkpoint/savepoint state for operator x'
  test('whose state does not fit is told with the choices, and the version before goes on', () => {
    const refused = step(edited, submitted, { jobs: [running(runId, 'FAILED', edited)], checkpoints: 0, thrown })
    expect(refused).toMatchObject({
      do: 'note',
      says: expect.stringMatching(/does not fit.*flink-jobs drop averages.*flink-jobs anew averages/),
    })
    const { record } = refused as { record: JobRecord }
    expect(Object.keys(record.refused ?? {})).toEqual([edited.hash])
    const next = step(edited, record, nothing)
    expect(next).toMatchObject({ do: 'submit', version: good, run: { from: '/s' } })
    const runs: JobRecord = { ...(next as { record: JobRecord }).record, run: { id: runId, hash: before.hash, settled: true }, old: [] }
    expect(step(edited, runs, atWork)).toBeUndefined()
    // Another edit is another try.
    expect(step(jobOf('averages', 'INSERT INTO a SELECT 3'), runs, atWork)).toMatchObject({ do: 'stop' })
  })

  test('whose tasks cannot read their state is cancelled first', () => {
    const seen = {
      jobs: [running(runId, 'RESTARTING', edited)],
      checkpoints: 0,
      thrown: 'Caused by: org.apache.flink.util.StateMigrationException: no',
    }
    expect(step(edited, submitted, seen)).toMatchObject({ do: 'cancel', id: runId, record: { restore: '/s' } })
  })

  test.for([
    ['drop', { from: '/s', drops: true }],
    ['anew', {}],
  ] as const)('goes on when a person says %s', ([accept, run]) => {
    const told: JobRecord = { name: 'averages', good, restore: '/s', refused: { [edited.hash]: 'why' }, accept }
    const next = step(edited, told, nothing)
    expect(next).toMatchObject({ do: 'submit', version: edited, run })
    if (accept === 'anew') expect((next as { run: object }).run).not.toHaveProperty('from')
    const { record } = next as { record: JobRecord }
    expect([record.accept, record.refused]).toEqual([undefined, undefined])
  })
})

describe('a job that is in the fleet no more', () => {
  test('is stopped with a savepoint, which stays, and forgotten', () => {
    expect(step(undefined, settled, atWork)).toMatchObject({ do: 'stop' })
    const stopped: JobRecord = {
      name: 'averages',
      good,
      restore: '/savepoints/averages/1/s',
      old: ['/checkpoints/1', '/savepoints/averages/1/s'],
    }
    const removed = step(undefined, stopped, nothing)
    expect(removed).toMatchObject({ do: 'remove', folders: ['/checkpoints/1'] })
    expect(step(undefined, (removed as { record: JobRecord }).record, nothing)).toMatchObject({
      do: 'forget',
      says: expect.stringContaining('/savepoints/averages/1/s'),
    })
    expect(step(undefined, undefined, nothing)).toBeUndefined()
  })
})
