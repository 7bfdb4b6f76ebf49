import { describe, expect, test } from 'vitest'
import { readHealth, type JobAnswer } from '../../../../../roles/flink/jobs/health.ts'

const well: JobAnswer = {
  name: 'averages',
  wanted: true,
  state: 'RUNNING',
  age: 9000,
  checkpoint: 20,
  watermark: 1_700_000_000_000,
  still: 3,
  pending: 12,
}

describe('the health of jobs', () => {
  test('is well when each runs, its time moves and its checkpoint is young', () => {
    expect(readHealth({ jobs: [well] })).toEqual({
      wrong: [],
      warns: [],
      says: ['averages: RUNNING, has counted until 2023-11-14T22:13:20Z, last checkpoint 20 s ago, 12 records wait'],
    })
  })

  const { state: _state, ...lost } = well
  const { checkpoint: _checkpoint, ...never } = well
  const { pending: _pending, ...untold } = well
  test.for([
    ['is not there', lost, /does not run: the JobManager does not have it/],
    ['restarts for ever', { ...well, state: 'RESTARTING', thrown: 'SQLException: no' }, /is RESTARTING: SQLException: no/],
    ['has made no checkpoint since it began', never, /no checkpoint for 9000 s/],
    ['has an old checkpoint', { ...well, checkpoint: 900 }, /no checkpoint for 900 s/],
    ['stands still while readings wait', { ...well, still: 400 }, /stands still for 400 s, and 12 records wait/],
    ['stands still and nobody knows what waits', { ...untold, still: 400 }, /stands still for 400 s/],
    ['runs as before an edit', { ...well, refused: 'cannot map' }, /the edit of averages does not run: cannot map/],
  ] as const)('is wrong where one %s', ([, job, why]) => {
    expect(readHealth({ jobs: [job] }).wrong?.join()).toMatch(why)
  })

  test('is not wrong because nobody sends', () => {
    const { wrong, warns } = readHealth({ jobs: [{ ...well, still: 4000, pending: 0 }] })
    expect([wrong, warns]).toEqual([[], ['averages: no reading has come for 4000 s']])
  })

  test('of a job that has only begun may lack a checkpoint', () => {
    expect(readHealth({ jobs: [{ ...never, age: 20 }] }).wrong).toEqual([])
  })

  test('is not known where the JobManager is silent', () => {
    expect(readHealth({ silent: 'ECONNREFUSED' }).wrong?.join()).toMatch(/does not tell.*ECONNREFUSED/)
  })
})
