import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { submissionMost } from '../../roles/flink/jobs/place.ts'
import { able, eventually, expectPlain, minutes, told, Workplace } from './engine-support.ts'
import { JobsPi } from './flink-jobs-support.ts'
import { proof } from './proof.ts'

/** `npm run proof:flink-jobs-pi` sees a killed JobManager and jobs that leave as well. */
describe.runIf(able)('jobs on a Pi with broker, store and Flink', { timeout: 8 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string
  let pi: JobsPi

  const write = (flink: object = {}) =>
    place.write('fleet', 'testflinkjobs', {
      hosts: {
        stream: {
          address: '10.78.67.20',
          user: 'pi',
          model: 'rpi4-4g',
          os: 'bookworm',
          roles: ['base', 'kafka', 'mariadb', 'flink', 'collector'],
          lab: { cpu: 1.8 },
          vars: { collector: { interval: 100 }, flink: { jobs: ['averages', 'anomalies'], slots: 2, checkpointInterval: 5, ...flink } },
        },
      },
    })
  const provision = async (...words: string[]) => {
    const run = await place.provision(file, words)
    expect([run.code, run.text]).toEqual([0, expect.not.stringContaining('FAILED')])
    expectPlain(run)
    return run.text
  }
  const status = async () => told(await place.command('status', ['--inventory', file]))

  beforeAll(async () => {
    file = write()
    fleet = await place.boot(file)
    pi = new JobsPi(fleet, 'stream')
    await pi.watchSubmissions()
    await provision()
  }, 8 * minutes)
  afterAll(() => place.end(fleet), minutes)

  it('are submitted once each, and left alone the second time', async () => {
    const first = await pi.running()
    expect(Object.keys(first).sort()).toEqual(['anomalies', 'averages'])
    expect(await provision()).toContain('Nothing to change')
    expect(await pi.running()).toEqual(first)
    expect((await pi.seen()).jobs).toHaveLength(2)
  })

  it('are well end to end: they run, their time moves, and a checkpoint is young', async () => {
    const times = async () => {
      const answer = await pi.health()
      return 'jobs' in answer ? Object.fromEntries(answer.jobs.map(({ name, watermark = 0 }) => [name, watermark])) : {}
    }
    const before = await times()
    await eventually(async () => {
      const now = await times()
      return Object.keys(now).length === 2 && Object.entries(now).every(([name, time]) => time > (before[name] ?? 0))
    }, 90)
    const { text, code } = await status()
    expect(text).toMatch(/averages: RUNNING, has counted until \S+, last checkpoint \d+ s ago/)
    expect(code).toBe(0)
  })

  it('an edited one is stopped with a savepoint, and goes on from it', async () => {
    const before = await pi.running()
    // More than a minute's worth: it is another number in the job's text.
    file = write({ silentAfter: 900 })
    expect(await provision()).toContain('stop anomalies with a savepoint, and go on from it as it was edited')
    const after = await pi.running()
    expect(after['averages']).toBe(before['averages'])
    expect(after['anomalies']).not.toBe(before['anomalies'])
    expect(await pi.restored(after['anomalies'] ?? '')).toMatch(/^savepoint .*\/var\/lib\/flink\/savepoints\//)
    expect(await provision('--check')).toContain('Nothing to change')
  })

  proof('a JobManager that was killed forgets them, and its keeper begins them from their newest checkpoints', async () => {
    const before = await pi.running()
    await pi.on('systemctl kill -s KILL flink-jobmanager')
    await eventually(async () => {
      const now = await pi.running().catch(() => ({}) as Readonly<Record<string, string>>)
      return ['averages', 'anomalies'].every(name => now[name] !== undefined && now[name] !== before[name])
    }, 300)
    expect(await pi.restored((await pi.running())['averages'] ?? '')).toMatch(/^checkpoint .*\/var\/lib\/flink\/checkpoints\//)
    await eventually(async () => (await status()).code === 0, 120)
  })

  it('what they keep in MariaDB equals the same query over the raw readings', async () => {
    await pi.on('systemctl stop collector')
    for (const span of ['minute', 'hour'] as const) {
      let seen = await pi.compared(span)
      await eventually(async () => {
        seen = await pi.compared(span)
        return seen.raw > 0 && seen.raw === seen.same && seen.table === seen.raw
      }, 60).catch((error: unknown) => {
        throw new Error(`${span}: ${JSON.stringify(seen)}`, { cause: error })
      })
    }
    await pi.on('systemctl start collector')
  })

  proof('one that leaves the fleet is stopped with a savepoint, which stays with its rows', async () => {
    file = write({ jobs: ['averages'], silentAfter: 900 })
    expect(await provision()).toContain('stop anomalies with a savepoint, and submit it no more')
    expect(Object.keys(await pi.running())).toEqual(['averages'])
    expect(await pi.on('ls -d /var/lib/flink/savepoints/anomalies/*/* | wc -l')).not.toBe('0')
    file = write({ jobs: [] })
    expect(await provision()).toContain('stop averages with a savepoint, and submit it no more')
    expect(await pi.running()).toEqual({})
    expect(await pi.on('ls -d /var/lib/flink/savepoints/averages/*/* | wc -l')).not.toBe('0')
    // Their accounts go with the role: without them there would have been no savepoint.
    expect(await pi.on(`mariadb -BNe "SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'job-%'"`)).not.toBe('0')
    expect(Number(await pi.on('mariadb -BN temperature -e "SELECT COUNT(*) FROM reading_minute"'))).toBeGreaterThan(0)
    expect(await provision()).toContain('Nothing to change')
  })

  it('a submission holds no more than is kept free for it', async () => {
    const most = await pi.submission()
    console.log(
      `a submission held ${most} MiB at most; ${JSON.stringify(await pi.resident(['kafka', 'mariadb', 'flink-jobmanager', 'flink-taskmanager']))}`,
    )
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(submissionMost)
    expect(await pi.outOfMemory()).toBe(0)
  })
})
