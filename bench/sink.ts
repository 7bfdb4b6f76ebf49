// Rows a second of a sink from a real Kafka to a real MariaDB, on the loopback interface, beside LOAD DATA of the same rows, the limit, and
// beside the same rows one by one, in turn.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { mariadbBackend } from '../collector/backends/mariadb/backend.ts'
import { mariadbSchema } from '../collector/backends/mariadb/config.ts'
import { sqlDate } from '../collector/backends/mariadb/rows.ts'
import { readingTable } from '../collector/backends/mariadb/table.ts'
import { collectorEntry } from '../collector/entry.ts'
import type { Reading } from '../collector/reading.ts'
import { buildProgram } from '../engine/programs/index.ts'
import { SinkProcess } from '../test/engines/collector-support/agent-process.ts'
import { MariadbServer } from '../test/engines/collector-support/mariadb-server.ts'
import { destroyCluster } from '../test/engines/kafka-support/kafka-broker.ts'
import { ReadingTopic } from '../test/engines/kafka-support/reading-topic.ts'
import { shown, summary } from './measure.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '100000' },
    batch: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
  },
})
const [rounds, rows, batch, seconds] = [values.rounds, values.rows, values.batch, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
]
const places = 8
/** What the sink held at most, in MiB. */
const peaks: number[] = []
const group = 'sink.mariadb'
const readings: readonly Reading[] = Array.from({ length: rows }, (_, index) => ({
  location: `producer${index % places}`,
  date: 1_700_000_000_000_000 + index * 1000,
  value: 20 + (index % 400) / 10,
  note: '',
}))

const [topic, server, { path: bundle }] = await Promise.all([
  ReadingTopic.create(group, ['bench']),
  MariadbServer.create(['--local-infile=1']),
  buildProgram(collectorEntry),
])
const config = mariadbSchema.parse({ type: 'mariadb', hosts: [`127.0.0.1:${server.port}`], user: 'sink', batch })

try {
  await server.query('CREATE DATABASE temperature')
  await server.query(readingTable.replace('reading (', 'temperature.reading ('))
  await server.query("CREATE USER sink@'127.0.0.1'")
  await server.query("GRANT INSERT, SELECT ON temperature.reading TO sink@'127.0.0.1'")
  await topic.send(readings)
  const file = join(server.directory, 'rows.tsv')
  writeFileSync(file, readings.map(({ location, date, value, note }) => `${location}\t${sqlDate(date)}\t${note}\t${value}\n`).join(''), {
    mode: 0o644,
  })

  const all = { load: [] as number[], sink: [] as number[], insert: [] as number[], single: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    all.single.push(await storing(1))
    all.insert.push(await storing(batch))
    all.sink.push(await sinking())
    all.load.push(await loading(file))
    console.log(
      `round ${round + 1}: ${Object.entries(all)
        .map(([name, list]) => `${name} ${list.at(-1)?.toFixed(0)}`)
        .join(', ')}`,
    )
  }
  const ratio = (of: readonly number[], to: readonly number[]): string => shown(summary(of.map((each, at) => each / (to[at] ?? NaN))))
  console.log(`${rounds} rounds of each in turn, ${rows} rows; rows a second, median (least–most)\n`)
  const lines = [
    ['LOAD DATA of the same rows', all.load],
    [`the sink, ${batch} at a time`, all.sink],
    [`INSERTs of ${batch} rows, one connection`, all.insert],
    ['INSERTs of one row, one connection', all.single],
  ] as const
  for (const [name, list] of lines) console.log(`${name.padEnd(42)}${shown(summary(list), 0)}`)
  console.log(`\nsink through LOAD DATA         ${ratio(all.sink, all.load)}`)
  console.log(`sink through single INSERTs    ${ratio(all.sink, all.single)}`)
  console.log(`INSERTs of ${batch} through single  ${ratio(all.insert, all.single)}`)
  console.log(`\nthe sink held ${shown(summary(peaks), 0)} MiB at most`)
} finally {
  await destroyCluster(topic.kit, [topic.broker])
  await server.destroy()
}

/** Rows a second of the backend itself, so many at a time, for some seconds or until all are there. */
async function storing(size: number): Promise<number> {
  await server.query('TRUNCATE temperature.reading')
  const to = mariadbBackend({ ...config, password: () => '' })
  await to.connect()
  const began = performance.now()
  let from = 0
  for (; from < rows && performance.now() - began < seconds * 1000; from += size) await to.store(readings.slice(from, from + size))
  const took = (performance.now() - began) / 1000
  await to.close()
  return Math.min(from, rows) / took
}

async function loading(file: string): Promise<number> {
  await server.query('TRUNCATE temperature.reading')
  const began = performance.now()
  await server.query(
    `LOAD DATA INFILE '${file}' INTO TABLE temperature.reading (reading_location, reading_date, reading_note, reading_value)`,
  )
  return rows / ((performance.now() - began) / 1000)
}

/** Rows a second of a sink that has all of the topic to do, from its first row to its last. */
async function sinking(): Promise<number> {
  await server.query('TRUNCATE temperature.reading')
  const admin = topic.asSink('bench').admin()
  await admin.connect()
  await admin.resetOffsets({ groupId: group, topic: 'temperature', earliest: true })
  await admin.disconnect()
  const sink = new SinkProcess(bundle, topic.kit.directory, 'bench', topic.sinkConfig('bench', { ...config }))
  await sink.start()
  const seen: { readonly at: number; readonly written: number }[] = []
  while ((seen.at(-1)?.written ?? 0) < rows) {
    const written = await sink.metric('sink_written_total')
    if (written > 0 && written !== seen.at(-1)?.written) seen.push({ at: performance.now(), written })
    await sleep(50)
  }
  peaks.push(sink.peak)
  await sink.end('SIGTERM')
  const [first, last] = [seen[0], seen.at(-1)]
  return first && last ? ((last.written - first.written) * 1000) / (last.at - first.at) : NaN
}
