import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jvmRefusal } from '../../roles/flink/memory/jvm.ts'
import { FlinkCluster } from './flink-support/flink-cluster.ts'
import { FlinkKit, possible } from './flink-support/flink-kit.ts'
import { means, meansLine } from './flink-support/jobs.ts'
import { keptPromise } from './flink-support/measured.ts'
import { planApart, planOf } from './flink-support/plan-of.ts'

// With longer ones: npm run proof:flink.
describe.skipIf(!possible)('a real JobManager and TaskManager', () => {
  let kit: FlinkKit
  let submitter: string
  beforeAll(async () => {
    kit = await FlinkKit.make()
    submitter = kit.compiled('RunSql')
  })
  afterAll(() => kit.destroy())

  test('of one Pi of 1 GiB run a job of SQL in what was promised, make a checkpoint, and tell Prometheus', async () => {
    const plan = planOf(1024)
    await FlinkCluster.on(kit, 'one', plan, async cluster => {
      await cluster.up()
      const [job = ''] = await cluster.submit(submitter, means(100))
      await cluster.until('a window', () => meansLine.test(cluster.log('taskmanager')))
      expect(await cluster.checkpoint(job)).toMatch(/^file:.*\/var\/checkpoints\/[0-9a-f]{32}\/chk-\d+$/)
      expect(await cluster.prometheus('jobmanager')).toMatch(/^flink_jobmanager_numrunningjobs 1\.0$/m)
      expect(await cluster.prometheus('taskmanager')).toMatch(/^flink_heap_used_bytes \d/m)
      keptPromise(cluster, plan)
    })
  })

  test('whose TaskManager makes way for a submission wait for it: a job is there before its slot is', async () => {
    const plan = planOf(1024, { inTurn: true, moment: 272 * 2 ** 20 })
    await FlinkCluster.on(kit, 'way', plan, async cluster => {
      cluster.start('jobmanager')
      await cluster.until('the JobManager up', async () => (await cluster.overview())['slots-total'] === 0)
      await cluster.submit(submitter, means(100))
      cluster.start('taskmanager')
      await cluster.until('a window', () => meansLine.test(cluster.log('taskmanager')))
    })
  })

  test('of two Pis of 512 MiB run it as well; one does not hold both', async () => {
    expect(() => planOf(512)).toThrow(/^Flink needs 502 MiB at least, and 416 are left of 512/)
    const plan = planApart(512)
    await FlinkCluster.on(kit, 'two', plan, async cluster => {
      await cluster.up()
      await cluster.submit(submitter, means(100))
      await cluster.until('a window', () => meansLine.test(cluster.log('taskmanager')))
      keptPromise(cluster, plan)
    })
  })

  test('has the time to start that it was given: Pekko reads the flag, and Flink’s own option it does not', async () => {
    await FlinkCluster.on(kit, 'slow', planOf(1024), async cluster => {
      cluster.start('jobmanager', ['-Dpekko.remote.classic.startup-timeout=1ms'])
      expect(await cluster.ended('jobmanager')).toBe(1)
      expect(cluster.log('jobmanager')).toContain('Futures timed out after [1 millisecond]')
    })
  })

  test("with the notes' limit of direct memory the TaskManager dies of it, as the plan's words say", async () => {
    const plan = planOf(1024, { slots: 4 })
    await FlinkCluster.on(kit, 'short', plan, async cluster => {
      cluster.start('taskmanager', ['-XX:MaxDirectMemorySize=10000000', '-Xmx512m'])
      expect(await cluster.ended('taskmanager')).toBe(1)
      expect(cluster.log('taskmanager')).toMatch(
        /memory segments for NetworkBufferPool \(required \(MB\): 16, allocated \(MB\): 9, missing \(MB\): 7\)/,
      )
      expect(jvmRefusal(plan.taskManager?.memory, 64, 10_000_000n)).toMatch(/allows 9 MiB of direct memory, and 48 are needed, 16 of them/)
    })
  })
})
