import { describe, expect, it } from 'vitest'
import { asksFlink, readFlink } from '../../../../roles/flink/status.ts'
import { flinkVars } from '../../../../roles/flink/vars.ts'

const vars = flinkVars.parse({})
const overview = (taskmanagers: number) =>
  `HTTP/1.1 200 OK\ncontent-type: application/json\n\n{"taskmanagers":${taskmanagers},"slots-total":3,"slots-available":1,"jobs-running":1,"jobs-finished":0,"flink-version":"1.20.3","flink-commit":"1"}\n`
const answer = (text: string, more: object = {}) => readFlink(flinkVars.parse(more))(text)

describe('how Flink stands', () => {
  it('is asked of the process that is there', () => {
    expect(asksFlink(vars)).toContain('/dev/tcp/$a/8081')
    expect(asksFlink(flinkVars.parse({ processes: 'taskmanager' }))).not.toContain('8081')
    expect(asksFlink(flinkVars.parse({ processes: 'jobmanager' }))).not.toContain('ss -Htn')
  })

  it('is well with a TaskManager that is registered', () => {
    expect(answer(`expected=1\n${overview(1)}\ntaken=2048\nconnected=1\n`)).toEqual({
      wrong: [],
      warns: [],
      says: ['Flink 1.20.3', '1 TaskManager', '2 of 3 slots taken', '1 job runs'],
    })
  })

  it('is wrong without one, or with a JobManager that does not answer', () => {
    expect(answer(`expected=1\n${overview(0)}\ntaken=0\nconnected=0\n`).wrong).toEqual([
      'its TaskManager is not connected to the JobManager',
      'no TaskManager is registered: no job has a slot',
    ])
    expect(answer('expected=1\n\ntaken=0\nconnected=1\n').wrong).toEqual(['its JobManager runs and does not answer'])
    expect(answer('').wrong).toEqual(['its JobManager runs and does not answer'])
  })

  it('warns of TaskManagers of other Pis that are away, and of a folder that outgrows what is meant for it', () => {
    expect(answer(`expected=3\n${overview(1)}\ntaken=${600 * 1024}\nconnected=1\n`).warns).toEqual([
      '1 of 3 TaskManagers are registered',
      'checkpoints and savepoints take 600 MiB, and 512 are meant for them',
    ])
    expect(answer(`expected=2\n${overview(0)}\ntaken=0\n`, { processes: 'jobmanager' })).toMatchObject({
      wrong: [],
      warns: ['0 of 2 TaskManagers are registered'],
    })
  })

  it('warns before what is meant for checkpoints is taken, and says of a part that nobody needs it', () => {
    const full = (mib: number, left: number) =>
      answer(`expected=1\n${overview(1)}\ntaken=${mib * 1024}\nconnected=1\n${JSON.stringify({ jobs: [], left })}\n`, {
        jobs: ['averages'],
      })
    expect(full(409, 2).warns).toEqual([])
    expect(full(411, 0).warns).toEqual(['checkpoints and savepoints take 411 MiB, and 512 are meant for them'])
    expect(full(411, 2).warns).toEqual([
      'checkpoints and savepoints take 411 MiB, and 512 are meant for them',
      'no job goes on from 2 folders of these, which `flink-jobs left` on this Pi lists',
    ])
  })

  it('of a TaskManager alone is that it is connected; silence is none', () => {
    expect(answer('connected=1\n', { processes: 'taskmanager' }).wrong).toEqual([])
    expect(answer('connected=0\n', { processes: 'taskmanager' }).wrong).toEqual(['its TaskManager is not connected to the JobManager'])
    expect(answer('', { processes: 'taskmanager' }).wrong).toEqual(['its TaskManager is not connected to the JobManager'])
  })

  describe('with jobs', () => {
    const vars = { jobs: ['averages', 'anomalies'] }
    const well = `expected=1\n${overview(1)}\ntaken=0\nconnected=1\n`
    const job = (name: string, more: object = {}) => ({
      name,
      wanted: true,
      state: 'RUNNING',
      age: 900,
      checkpoint: 12,
      still: 2,
      pending: 0,
      ...more,
    })
    const health = (...jobs: readonly object[]) => `${well}${JSON.stringify({ jobs })}\n`

    it('is asked where they are submitted', () => {
      expect(asksFlink(flinkVars.parse(vars))).toContain('flink-jobs.cjs')
      expect(asksFlink(flinkVars.parse({ ...vars, processes: 'taskmanager' }))).not.toContain('flink-jobs.cjs')
    })

    it('is well when each of them is, and says how far', () => {
      const { wrong, says } = answer(health(job('averages'), job('anomalies')), vars)
      expect([wrong, says?.slice(-2)]).toEqual([
        [],
        ['averages: RUNNING, last checkpoint 12 s ago, 0 records wait', 'anomalies: RUNNING, last checkpoint 12 s ago, 0 records wait'],
      ])
    })

    it('is wrong where one does not do its work, was not submitted, or nobody tells', () => {
      expect(answer(health(job('averages', { state: 'RESTARTING' })), vars).wrong).toEqual([
        'anomalies was not submitted yet',
        'averages is RESTARTING',
      ])
      expect(answer(well, vars).wrong).toEqual(['how its jobs are is not told'])
      expect(answer(`${well}{"silent":"ECONNREFUSED"}\n`, vars).wrong).toEqual([
        'the JobManager does not tell how its jobs are: ECONNREFUSED',
      ])
    })
  })
})
