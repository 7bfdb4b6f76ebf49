import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { ownQuery } from '../../bench/flink/own-query.ts'
import { heal, inject } from '../../lab/index.ts'
import { submissionMost } from '../../roles/flink/jobs/place.ts'
import { able, eventually, expectPlain, minutes, told, Workplace } from './engine-support.ts'
import { JobsPi } from './flink-jobs-support.ts'
import { places as placesOfLoad } from '../engines/flink-support/made.ts'
import { FlinkLoad } from './flink-load.ts'
import { proof } from './proof.ts'

/**
 * `npm run proof:flink-jobs-pi`: 200,000 readings (`FLINK_READINGS`) through the broker of a Pi, of which each part is killed, and whose power is
 * cut; a killed JobManager and jobs that leave.
 */
describe.runIf(able)('jobs on a Pi with broker, store and Flink', { timeout: 20 * minutes }, () => {
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
          // What a broker has acknowledged is there after a power cut.
          vars: {
            kafka: { durable: true },
            collector: { interval: 100 },
            flink: { jobs: ['averages', 'anomalies'], slots: 2, checkpointInterval: 5, ...flink },
          },
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
    place.patience = 12 * minutes
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
    expect(await pi.restored((await pi.running())['averages'] ?? '')).toMatch(/\/var\/lib\/flink\/checkpoints\//)
    await eventually(async () => (await status()).code === 0, 120)
  })

  proof('what they count is right after each end of each part, an edit and a power cut, of 200,000 readings', async () => {
    const load = await FlinkLoad.onto(pi, place.folder, '10.78.67.20', Number(process.env['FLINK_READINGS'] ?? 200_000), 7)
    const began = performance.now()
    const stage = (text: string) => console.log(`${Math.round((performance.now() - began) / 1000)} s: ${text}`)
    // Which JobManager it is. A job that was being submitted as it ended keeps its id, for it is to be there once.
    const jobManager = () => pi.on('systemctl show -P InvocationID flink-jobmanager')
    const anew = async (before: string) =>
      eventually(async () => {
        const now = await pi.running().catch(() => ({}) as Readonly<Record<string, string>>)
        return (await jobManager()) !== before && ['averages', 'anomalies'].every(name => now[name] !== undefined)
      }, 400).catch(async (cause: unknown) => {
        throw new Error(`JobManager ${before} before, ${await jobManager()} now; ${JSON.stringify(await pi.seen())}`, { cause })
      })

    await load.send()
    stage('SIGKILL of the TaskManager')
    await pi.on('systemctl kill -s KILL flink-taskmanager')
    await load.send()
    stage('SIGKILL of the JobManager')
    let before = await jobManager()
    await pi.on('systemctl kill -s KILL flink-jobmanager')
    await load.send()
    await anew(before)
    stage('SIGKILL of both')
    before = await jobManager()
    await pi.on('systemctl kill -s KILL flink-jobmanager flink-taskmanager')
    await load.send()
    await anew(before)
    stage('the broker starts again')
    await pi.on('systemctl restart kafka')
    await load.send()
    stage('an edit')
    file = write({ silentAfter: 600 })
    const [text] = await Promise.all([provision(), load.send()])
    expect(text).toContain('stop anomalies with a savepoint, and go on from it as it was edited')
    stage('power cut')
    before = await jobManager()
    const sending = load.send()
    await inject(fleet, { kind: 'power', hosts: ['stream'] })
    await heal(fleet)
    await pi.watchSubmissions()
    await sending
    await anew(before)
    stage('all runs again')
    for (const name of ['averages', 'anomalies']) console.log(`${name} goes on from ${await pi.restored((await pi.running())[name] ?? '')}`)
    await load.store()
    await eventually(async () => (await status()).code === 0, 240).catch(async (cause: unknown) => {
      throw new Error((await status()).text, { cause })
    })
    stage('all is well')
  })

  it('what they keep in MariaDB equals the same query over the raw readings', async () => {
    await pi.on('systemctl stop collector')
    for (const span of ['minute', 'hour'] as const) {
      let seen = await pi.compared(span)
      await eventually(async () => {
        seen = await pi.compared(span)
        return seen.raw > 0 && seen.raw === seen.same && seen.table === seen.raw
      }, 300).catch((error: unknown) => {
        throw new Error(`${span}: ${JSON.stringify(seen)}`, { cause: error })
      })
      console.log(`${span}: ${JSON.stringify(seen)}`)
    }
    await pi.on('systemctl start collector')
  })

  proof('a job begun anew takes a full topic, beside the same aggregates by MariaDB itself', async () => {
    const flink = ['flink-jobmanager', 'flink-taskmanager']
    const count = Number(process.env['FLINK_READINGS'] ?? 200_000)
    const before = await pi.running()
    const spent = { flink: await pi.spent(flink), store: await pi.spent(['mariadb']) }
    const anew = pi.on('flink-jobs anew averages')
    let id: string | undefined
    await eventually(async () => {
      id = (await pi.running().catch(() => before))['averages']
      return id !== undefined && id !== before['averages']
    }, 120)
    // It may have taken all of it by the first look.
    const seen: { readonly at: number; readonly taken: number }[] = [{ at: performance.now() / 1000, taken: 0 }]
    await eventually(async () => {
      const taken = await pi.taken(id ?? '').catch(() => 0)
      if (taken > (seen.at(-1)?.taken ?? 0)) seen.push({ at: performance.now() / 1000, taken })
      return taken >= count
    }, 300)
    await anew
    // What was held back is written after ten seconds.
    await sleep(15_000)
    const took = { flink: (await pi.spent(flink)) - spent.flink, store: (await pi.spent(['mariadb'])) - spent.store }
    const [first, last] = [seen[0], seen.at(-1)]
    const rate = first && last && last.at > first.at ? (last.taken - first.taken) / (last.at - first.at) : NaN

    const own = { began: performance.now(), spent: await pi.spent(['mariadb']) }
    for (const span of ['minute', 'hour'] as const) await pi.sql(ownQuery(span, placesOfLoad, 0))
    const query = { seconds: (performance.now() - own.began) / 1000, spent: (await pi.spent(['mariadb'])) - own.spent }
    console.log(
      [
        `a job begun anew: ${JSON.stringify(seen.map(({ at, taken }) => [Math.round(at - (first?.at ?? 0)), taken]))}, ${rate.toFixed(0)} readings/s`,
        `  seconds of processor for ${count}: Flink ${took.flink.toFixed(1)}, the store ${took.store.toFixed(1)} (its other work of that time among them)`,
        `MariaDB's own query of all of them: ${query.seconds.toFixed(2)} s, ${query.spent.toFixed(2)} s of processor`,
      ].join('\n'),
    )
    expect(rate).toBeGreaterThan(0)
  })

  proof('one that leaves the fleet is stopped with a savepoint, which stays with its rows', async () => {
    file = write({ jobs: ['averages'], silentAfter: 600 })
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
    expect(await pi.outOfMemory()).toEqual([])
  })
})
