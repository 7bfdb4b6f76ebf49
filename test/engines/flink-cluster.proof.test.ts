import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateBackend } from '../../roles/flink/memory/place.ts'
import { FlinkCluster } from './flink-support/flink-cluster.ts'
import { FlinkKit, possible } from './flink-support/flink-kit.ts'
import { means, meansLine } from './flink-support/jobs.ts'
import { keptPromise } from './flink-support/measured.ts'
import { planApart, planOf } from './flink-support/plan-of.ts'

const seconds = Number(process.env['FLINK_SECONDS'] ?? 60)

/** `npm run proof:flink`: figures for the README, and what a JobManager leaves behind. */
describe.skipIf(!possible)('a real JobManager and TaskManager, for longer', () => {
  let kit: FlinkKit
  let submitter: string
  beforeAll(async () => {
    kit = await FlinkKit.make('rocksdb')
    submitter = kit.compiled('RunSql')
  })
  afterAll(() => kit.destroy())

  test.for<[ram: number, backend: StateBackend]>([
    [512, 'hashmap'],
    [512, 'rocksdb'],
    [1024, 'hashmap'],
    [1024, 'rocksdb'],
    [2048, 'hashmap'],
  ])('planned for %i MiB with %s hold no more than was promised', { timeout: 300_000 }, async ([ram, backend]) => {
    const plan = ram < 1024 ? planApart(ram, { backend }) : planOf(ram, { backend })
    const work = async (cluster: FlinkCluster) => {
      await cluster.up()
      const idle = [cluster.memory('jobmanager').now, cluster.memory('taskmanager').now].map(Math.round)
      const [job = ''] = await cluster.submit(submitter, means(1000))
      await cluster.until('a window', () => meansLine.test(cluster.log('taskmanager')))
      await sleep(seconds * 1000)
      await cluster.checkpoint(job)
      console.log(`${ram} MiB, ${backend}: idle ${idle.join(' + ')}; at most ${keptPromise(cluster, plan)}`)
    }
    await FlinkCluster.on(kit, `${ram}-${backend}`, plan, work, backend)
  })

  test('a JobManager that is gone takes its jobs along, and leaves their checkpoints to resume from', { timeout: 300_000 }, async () => {
    await FlinkCluster.on(kit, 'gone', planOf(1024), async cluster => {
      await cluster.up()
      const [job = ''] = await cluster.submit(submitter, means(100))
      const checkpoint = await cluster.checkpoint(job)
      await cluster.stop('jobmanager', 'SIGKILL')
      cluster.start('jobmanager')
      await cluster.until('the TaskManager back', async () => (await cluster.overview())['slots-available'] === 1, 150)
      expect(await cluster.rest('/jobs')).toEqual({ jobs: [] })

      const [again = ''] = await cluster.submit(submitter, means(100), { 'execution.state-recovery.path': checkpoint })
      await cluster.until('restored', async () => {
        const { counts } = await cluster.rest<{ counts: { restored: number } }>(`/jobs/${again}/checkpoints`)
        return counts.restored === 1
      })
    })
  })
})
