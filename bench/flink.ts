// Readings a second of the job `averages`, from a full topic, beside the same aggregates done by MariaDB itself every minute: processor
// time of both, and from which rate Flink is cheaper. All in one run, on the loopback interface; broker, store and Flink share what a
// virtual Pi of `--model` has of a core, or all of the machine with `--model none`.
import { setTimeout as sleep } from 'node:timers/promises'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Reading } from '../collector/reading.ts'
import { fleetJob } from '../roles/flink/jobs/fleet-jobs.ts'
import type { JobsSeen } from '../roles/flink/jobs/kind.ts'
import { MariadbServer } from '../test/engines/collector-support/mariadb-server.ts'
import { FlinkCluster } from '../test/engines/flink-support/flink-cluster.ts'
import { FlinkKit } from '../test/engines/flink-support/flink-kit.ts'
import { JobsPlace } from '../test/engines/flink-support/jobs-place.ts'
import { planOf } from '../test/engines/flink-support/plan-of.ts'
import { account, compared, makeTables, storeRaw } from '../test/engines/flink-support/raw-readings.ts'
import { destroyCluster } from '../test/engines/kafka-support/kafka-broker.ts'
import { ReadingTopic } from '../test/engines/kafka-support/reading-topic.ts'
import { limitsOf } from '../lab/limits.ts'
import { cheaperFrom, mostOfMariadb, ofFlink, ofMariadb } from './flink/cheaper.ts'
import { ownQuery, type Span } from './flink/own-query.ts'
import { spending } from './flink/spent.ts'
import { limit, unlimit } from './limited.ts'

const { values } = parseArgs({
  options: {
    readings: { type: 'string', default: '300000' },
    rest: { type: 'string', default: '30' },
    queries: { type: 'string', default: '10' },
    model: { type: 'string', default: 'rpi4-2g' },
  },
})
const [count, rest, queries] = [values.readings, values.rest, values.queries].map(Number) as [number, number, number]
const share = values.model === 'none' ? undefined : limitsOf({ name: 'pi', model: values.model }).cpu
const places = 8
const second = 1_000_000
/** A second apart at each place, up to an hour ago. */
const first = (Math.floor(Date.now() / 1000) - 3600 - Math.ceil(count / places)) * second
const readings: readonly Reading[] = Array.from({ length: count }, (_, index) => ({
  location: `producer${index % places}`,
  date: first + Math.floor(index / places) * second,
  value: 20 + (index % 400) / 10,
  note: '',
}))

const locations = Array.from({ length: places }, (_, place) => `producer${place}`)

interface Vertices {
  readonly vertices: readonly { readonly name: string; readonly metrics: { readonly 'write-records': number } }[]
}

const [kit, topic, server] = await Promise.all([
  FlinkKit.make('hashmap'),
  ReadingTopic.create('flink', ['flink']),
  MariadbServer.create(['--default-time-zone=+00:00']),
])
let cluster: FlinkCluster | undefined
try {
  await makeTables(server)
  cluster = await FlinkCluster.create(kit, 'bench', planOf(1024, { slots: 1 }))
  const flink = cluster
  const keeper = await JobsPlace.beside(kit, flink, { 'web.refresh-interval': '500', 'metrics.fetcher.update-interval': '500' })
  await flink.up()
  await topic.send(readings)
  const job = fleetJob('averages', {
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
  })
  const mysqld = Number(readFileSync(`${server.directory}/pid`, 'utf8'))
  const pids = { jobmanager: flink.pid('jobmanager'), taskmanager: flink.pid('taskmanager'), mariadb: mysqld }

  if (share !== undefined) await limit('pi', [...Object.values(pids), topic.broker.pid], share)
  let rate = NaN
  const done = await spending(pids, async () => {
    const submitted = keeper.want([job])
    const began = await counted(flink, keeper, 1)
    const ended = await counted(flink, keeper, count)
    rate = ((ended.records - began.records) * 1000) / (ended.at - began.at)
    const { code, said } = await submitted
    if (code !== 0) throw new Error(said)
    // What was held back is written after ten seconds.
    await sleep(15_000)
  })
  const idle = await spending(pids, () => sleep(rest * 1000))
  const perMinute = ((idle.cpu.jobmanager + idle.cpu.taskmanager) * 60) / idle.seconds
  const resting = (perMinute * done.seconds) / 60

  await storeRaw(server, readings)
  const table = await compared(server, 'minute')
  const query = async (span: Span, since: number) =>
    (
      await spending({ mariadb: mysqld }, async () => {
        for (let turn = 0; turn < queries; turn++) await server.query(ownQuery(span, locations, since))
      })
    ).cpu.mariadb / queries
  const [minute, hour] = [await query('minute', first), await query('hour', first)]
  const costs = {
    rest: perMinute,
    reading: Math.max(0, done.cpu.jobmanager + done.cpu.taskmanager + done.cpu.mariadb - resting) / count,
    row: (minute + hour) / count,
  }

  console.log(share === undefined ? 'all of this machine' : `all of it has ${share} of a core, as a virtual ${values.model}`)
  console.log(`${count} readings of ${places} places; ${table.same} of ${table.raw} rows the same\n`)
  console.log(`Flink, from a full topic                  ${rate.toFixed(0)} readings a second`)
  console.log(`  for a reading                           ${(costs.reading * 1e6).toFixed(1)} µs of a processor, the store's with it`)
  console.log(`  in a minute without readings            ${costs.rest.toFixed(2)} s of a processor`)
  console.log(`  JobManager, TaskManager                 ${Object.values(memoryOf(flink)).join(', ')} MiB`)
  console.log(`MariaDB's own query, for a row it looks at ${(costs.row * 1e6).toFixed(2)} µs of a processor (minutes and hours)\n`)
  console.log('seconds of a processor each minute, MariaDB looking at the last')
  console.log('readings/s      Flink    2 minutes     an hour       a day')
  for (const each of [1, 10, 100, 1000])
    console.log(
      [each, ofFlink(costs, each), ...[2, 60, 1440].map(minutes => ofMariadb(costs, each, minutes))]
        .map((value, column) => (column === 0 ? String(value).padEnd(10) : value.toFixed(2).padStart(column === 1 ? 11 : 12)))
        .join(''),
    )
  for (const [minutes, name] of [
    [2, '2 minutes'],
    [60, 'an hour'],
    [1440, 'a day'],
  ] as const) {
    const from = cheaperFrom(costs, minutes)
    console.log(
      `beside ${name}: Flink is ${from === undefined ? 'never cheaper' : `cheaper from ${from.toPrecision(2)} readings a second`}`,
    )
    if (share !== undefined)
      console.log(`  MariaDB's query takes all of the Pi at ${mostOfMariadb(costs, share, minutes).toPrecision(2)} readings a second`)
  }
} finally {
  await cluster?.destroy()
  await Promise.all([destroyCluster(topic.kit, [topic.broker]), server.destroy()])
  if (share !== undefined) await unlimit('pi')
  kit.destroy()
}

/** Waits until the job has counted so many readings. */
async function counted(
  flink: FlinkCluster,
  keeper: JobsPlace,
  records: number,
): Promise<{ readonly at: number; readonly records: number }> {
  for (let id: string | undefined; ; await sleep(200)) {
    id ??= (await keeper.ask<JobsSeen>()).jobs?.find(({ state }) => state === 'RUNNING')?.id
    if (id === undefined) continue
    const { vertices } = await flink.rest<Vertices>(`/jobs/${id}`)
    const read = vertices[0]?.metrics['write-records'] ?? 0
    if (read >= records) return { at: performance.now(), records: read }
  }
}

function memoryOf(flink: FlinkCluster) {
  return { jobmanager: Math.round(flink.memory('jobmanager').most), taskmanager: Math.round(flink.memory('taskmanager').most) }
}
