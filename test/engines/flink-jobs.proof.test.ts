import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reading } from '../../collector/reading.ts'
import { fleetJob, type JobPlace } from '../../roles/flink/jobs/fleet-jobs.ts'
import { jobOf } from '../../roles/flink/jobs/job.ts'
import type { JobsSeen } from '../../roles/flink/jobs/kind.ts'
import { until } from './collector-support/agent-process.ts'
import { mariadbInstalled, MariadbServer } from './collector-support/mariadb-server.ts'
import { FlinkCluster } from './flink-support/flink-cluster.ts'
import { FlinkKit, possible } from './flink-support/flink-kit.ts'
import { JobsPlace } from './flink-support/jobs-place.ts'
import { made, places, second, twentyHoursAgo } from './flink-support/made.ts'
import { keptPromise } from './flink-support/measured.ts'
import { planOf } from './flink-support/plan-of.ts'
import { account, compared, makeTables, storeRaw } from './flink-support/raw-readings.ts'
import { destroyCluster } from './kafka-support/kafka-broker.ts'
import { ReadingTopic } from './kafka-support/reading-topic.ts'

const count = Number(process.env['FLINK_READINGS'] ?? 200_000)
/** Quicker than on a Pi: what is seen here is right after minutes there. */
const quick = {
  'execution.checkpointing.interval': '3s',
  'execution.checkpointing.min-pause': '1s',
  'heartbeat.timeout': '10s',
  'heartbeat.interval': '2s',
  'restart-strategy.exponential-delay.max-backoff': '5s',
  'web.refresh-interval': '1000',
}

const began = twentyHoursAgo()

/** `npm run proof:flink-jobs`: aggregates are what the same query says of the raw readings, whatever is killed meanwhile. */
describe.skipIf(!possible || !mariadbInstalled)('jobs on a real Kafka, Flink and MariaDB', { timeout: 900_000 }, () => {
  let kit: FlinkKit
  let topic: ReadingTopic
  let server: MariadbServer
  let cluster: FlinkCluster
  let keeper: JobsPlace
  let place: JobPlace
  const all = Array.from({ length: count }, (_, number) => made(number, began))
  // Held back, for an hour of their own time and more.
  const late = all.filter((_, number) => number % 20 === 0)
  const onTime = all.filter((_, number) => number % 20 !== 0)
  const part = (readings: readonly Reading[], of: number) =>
    readings.slice(Math.floor((readings.length * of) / 6), Math.floor((readings.length * (of + 1)) / 6))

  beforeAll(async () => {
    ;[kit, topic, server] = await Promise.all([FlinkKit.make('hashmap'), ReadingTopic.create('flink', ['flink']), MariadbServer.create()])
    await makeTables(server)
    cluster = await FlinkCluster.create(kit, 'jobs', planOf(1024, { slots: 2 }))
    keeper = await JobsPlace.beside(kit, cluster, quick)
    place = {
      topic: {
        brokers: [topic.address],
        topic: 'temperature',
        group: 'flink',
        user: 'sink.flink',
        password: 'password of kafka/sink.flink',
        ca: topic.kit.certificates.ca,
        idle: 10,
      },
      database: { host: '127.0.0.1', port: server.port, database: 'temperature', ...account },
      table: 'reading',
      silence: 60,
    }
    await cluster.up()
  }, 300_000)
  afterAll(async () => {
    console.log(`a submitter held ${Math.round(keeper.peak)} MiB at most; ${keptPromise(cluster, planOf(1024, { slots: 2 }))}`)
    await cluster.destroy()
    await Promise.all([destroyCluster(topic.kit, [topic.broker]), server.destroy()])
    kit.destroy()
  })

  const averages = (delay: string) => {
    const { sql } = fleetJob('averages', place)
    return jobOf('averages', sql.replaceAll("'10 s'", `'${delay}'`))
  }
  const anomalies = () => fleetJob('anomalies', place)
  const seen = () => keeper.ask<JobsSeen>()
  const running = async () => ((await seen()).jobs ?? []).filter(({ state }) => state === 'RUNNING')
  const rows = async () => (await compared(server, 'minute')).table

  const start = performance.now()
  const stage = (text: string): void => console.log(`${Math.round((performance.now() - start) / 1000)} s: ${text}`)

  const kept = async (of: Awaited<ReturnType<JobsPlace['run']>>) => {
    expect(of.code, of.said).toBe(0)
    return of.said
  }

  test('are submitted once, whatever is killed, and count each reading once', async () => {
    stage('submits')
    const [first, band] = [averages('2 s'), anomalies()]
    // Killed when it has begun to submit: the next one finds what is owed.
    await keeper.want([first, band], 120, /submits averages/)
    await kept(await keeper.keep())
    expect((await running()).map(({ name }) => name).sort()).toEqual([`anomalies ${band.hash}`, `averages ${first.hash}`])
    expect(await kept(await keeper.keep())).toBe('')
    expect(await kept(await keeper.want([first, band]))).toBe('')
    expect(await running()).toHaveLength(2)

    stage('both run')
    await topic.send(part(onTime, 0))
    // A clock that is ahead, a record that is no reading, and readings that come twice.
    const raw = await topic.raw()
    await raw.send({
      topic: 'temperature',
      messages: [
        { key: 'attic', value: JSON.stringify({ date: 2_200_000_000 * second, value: 1, note: '' }) },
        { key: 'attic', value: 'no reading' },
        { key: 'attic', value: JSON.stringify({ date: 1, value: -300, note: '' }) },
        { key: 'x'.repeat(65), value: JSON.stringify({ date: 1, value: 3, note: '' }) },
        { key: null, value: '{}' },
      ],
    })
    await raw.disconnect()
    await topic.send(part(onTime, 0).slice(-300))
    await until('some are counted', async () => (await rows()) > 30)

    stage('kills the TaskManager')
    await cluster.stop('taskmanager', 'SIGKILL')
    const sending = topic.send(part(onTime, 1))
    cluster.start('taskmanager')
    await sending
    stage('kills the JobManager')
    await cluster.stop('jobmanager', 'SIGKILL')
    const [silent] = (await keeper.health()).wrong ?? []
    expect(silent).toMatch(/does not tell/)
    cluster.start('jobmanager')
    await cluster.until('the TaskManager back', async () => (await cluster.overview())['slots-available'] === 2, 150)
    await topic.send(part(late, 0))
    expect(await kept(await keeper.keep())).toMatch(/submits averages, which goes on from where it was/)
    await topic.send(part(onTime, 2))

    stage('kills both')
    await Promise.all([cluster.stop('taskmanager', 'SIGKILL'), cluster.stop('jobmanager', 'SIGKILL')])
    await topic.send(part(late, 1))
    cluster.start('jobmanager')
    cluster.start('taskmanager')
    await cluster.until('both back', async () => (await cluster.overview())['slots-available'] === 2, 150)
    await kept(await keeper.keep())
    stage('restarts the broker')
    await topic.broker.stop()
    await topic.broker.start()
    await topic.send([...part(onTime, 3), ...part(late, 2)])
  })

  test('go on from a savepoint when they are edited, also when that is cut off', async () => {
    stage('edits')
    const [edited, band] = [averages('1 s'), anomalies()]
    const cut = await keeper.want([edited, band], 120, /stops averages with a savepoint/)
    expect(cut.code).toBeNull()
    await topic.send(part(onTime, 4))
    const said = await kept(await keeper.keep())
    expect(said).toMatch(/submits averages, which goes on from where it was/)
    expect((await running()).map(({ name }) => name).sort()).toEqual([`anomalies ${band.hash}`, `averages ${edited.hash}`])

    await topic.send([...part(onTime, 5), ...part(late, 3), ...part(late, 4), ...part(late, 5)])
  })

  test('equal the same query over the raw readings, row by row', async () => {
    stage('compares')
    await storeRaw(server, [...all, { location: 'attic', date: 2_200_000_000 * second, value: 1, note: '' }])
    for (const span of ['minute', 'hour'] as const)
      await until(
        `all rows by ${span} are the same`,
        async () => {
          const { raw, table, same } = await compared(server, span)
          return raw === same && table === raw
        },
        // On a busy machine it has much to catch up with after all of that.
        600,
      ).catch(async (error: unknown) => {
        console.log(span, await compared(server, span), JSON.stringify(await keeper.health()))
        throw error
      })
    const figures = { minute: await compared(server, 'minute'), hour: await compared(server, 'hour') }
    const rss = (pid: number) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
    console.log(
      JSON.stringify(figures),
      `MiB: jobmanager ${rss(cluster.pid('jobmanager'))}, taskmanager ${rss(cluster.pid('taskmanager'))}, kafka ${rss(topic.broker.pid)}, submitter at most ${Math.round(keeper.peak)}`,
    )
    expect((await keeper.health()).wrong).toEqual([])
  })

  test('tell who has fallen silent, once', async () => {
    const silent = () =>
      server.query<{ place: string; times: number }>(
        "SELECT anomaly_location AS place, CAST(COUNT(*) AS INT) AS times FROM temperature.reading_anomaly WHERE anomaly_kind = 'silent' GROUP BY 1",
      )
    await until('all are silent', async () => (await silent()).length === places.length, 120)
  })

  test('go on as before where an edit does not fit their state', async () => {
    const [edited, band] = [averages('1 s'), anomalies()]
    const other = jobOf('averages', edited.sql.replaceAll('COUNT(*)', 'COUNT(DISTINCT `value`)'))
    const refused = await kept(await keeper.want([other, band]))
    expect(refused).toMatch(/does not fit the state.*flink-jobs drop averages.*flink-jobs anew averages/)
    expect((await running()).map(({ name }) => name).sort()).toEqual([`anomalies ${band.hash}`, `averages ${edited.hash}`])
    expect((await keeper.health()).wrong?.join()).toMatch(/the edit of averages does not run/)
    await kept(await keeper.want([edited, band]))
    expect((await keeper.health()).wrong).toEqual([])
  })

  test('leave no password where a person would read it, and end with the fleet’s wish', async () => {
    const band = anomalies()
    const secret = place.database.password
    for (const process of ['jobmanager', 'taskmanager'] as const) {
      expect(cluster.log(process)).not.toContain(secret)
      expect(cluster.log(process)).not.toContain(place.topic.password)
    }
    for (const { id } of await running())
      for (const page of ['', '/config', '/plan'])
        expect(JSON.stringify(await cluster.rest(`/jobs/${id}${page}`))).not.toMatch(/o'job|password of kafka/)
    expect(statSync(join(keeper.config.folder, 'wanted.json')).mode & 0o077).toBe(0)
    await kept(await keeper.want([band]))
    expect((await running()).map(({ name }) => name)).toEqual([`anomalies ${band.hash}`])
    expect((await seen()).records.map(({ name }) => name)).toEqual(['anomalies'])
  })
})
