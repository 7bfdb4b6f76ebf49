// What a collector sends to Kafka beside Kafka's own kafka-producer-perf-test: the same values, acks=all, idempotent, gzip, TLS and
// SCRAM, to one partition of a real broker on the loopback interface, in turn.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { recordOf } from '../collector/backends/kafka/record.ts'
import { collectorEntry } from '../collector/entry.ts'
import type { LoadReport } from '../collector/load/report.ts'
import { buildProgram } from '../engine/programs/index.ts'
import { rulesOf } from '../roles/kafka/cluster/wanted.ts'
import { clusterId } from '../roles/kafka/identity.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit } from '../test/engines/kafka-support/kafka-broker.ts'
import { PerfTest, type Sent, type Target } from './kafka/perf.ts'
import { shown, summary } from './measure.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    inflight: { type: 'string', default: '5000' },
    batch: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '1,2' },
    note: { type: 'string', default: 'a note of this length' },
    only: { type: 'boolean', default: false },
  },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const threads = values.threads.split(',').map(Number)
const user = 'producer.bench'
const password = 'bench'
const location = 'bench'
const kit = await kafkaKit()
const broker = await KafkaBroker.create(kit, await fleetOnLoopback({}), 0, 2048)
const target: Target = {
  at: `${broker.member.host.address}:${broker.member.vars.port}`,
  ca: kit.certificates.ca,
  user,
  password,
  topic: 'temperature',
}
const { path: bundle } = await buildProgram(collectorEntry)

try {
  broker.format(clusterId('bench'), 'starts')
  await broker.start()
  const places = [[broker.member.id]]
  await broker.errand({
    change: [{ user, password }, { makeTopic: target.topic, places, configs: {} }, { allow: rulesOf(user, target.topic) }],
  })
  if (values.only) {
    for (let round = 0; round < rounds; round++) for (const count of threads) console.log(count, await collect(count))
  } else await main(await PerfTest.unpack(kit.directory))
} finally {
  await destroyCluster(kit, [broker])
}

async function main(perf: PerfTest): Promise<void> {
  const payloads = join(kit.directory, 'payloads')
  writeFileSync(payloads, samples().join('\n'))
  const ways = {
    'perf-test, 16 KiB a batch': (records: number) => perf.send(target, records, payloads, {}),
    'perf-test, 64 KiB a batch': (records: number) => perf.send(target, records, payloads, { 'batch.size': 2 ** 16 }),
  }
  // Warms the broker, and says how many records Java needs to be busy as long.
  const first = await collect(threads[0] ?? 1)
  const records = Math.round(first.rate * seconds)
  const ours = new Map<string, Sent[]>(threads.map(count => [named(count), []]))
  const theirs = new Map<string, Sent[]>(Object.keys(ways).map(name => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const count of threads) ours.get(named(count))?.push(await collect(count))
    for (const [name, send] of Object.entries(ways)) theirs.get(name)?.push(await send(records))
    console.log(`round ${round + 1}: ${[...ours, ...theirs].map(([name, sent]) => `${name} ${sent.at(-1)?.rate.toFixed(0)}`).join('; ')}`)
  }
  console.log(
    `${rounds} rounds in turn, ${records} records or ${seconds} s each; records a second, median (least–most); CPU: the producer's`,
  )
  console.log(`record: ${samples()[0]}`)
  for (const [name, sent] of [...ours, ...theirs]) console.log(text(name, sent))
  for (const [mine, sent] of ours)
    for (const [name, other] of theirs) {
      const ratio = shown(summary(sent.map(({ rate }, round) => rate / (other[round]?.rate ?? NaN))), 2)
      console.log(`${mine} is ${ratio} times ${name} (goal 0.80)`)
    }
}

function named(count: number): string {
  return `collect, ${count} thread${count === 1 ? '' : 's'}`
}

function text(name: string, sent: readonly Sent[]): string {
  const rate = shown(summary(sent.map(each => each.rate)), 0)
  return `${name.padEnd(28)}${rate.padEnd(28)}${summary(sent.map(({ cpu }) => cpu)).median.toFixed(1)} µs a record`
}

/** Values as the load tool sends them. */
function samples(): readonly string[] {
  return Array.from(
    { length: 5000 },
    (_, index) => recordOf({ location, date: 1_790_000_000_000_000 + index * 37, value: 20, note: values.note }).value,
  )
}

async function collect(count: number): Promise<Sent> {
  const flags = {
    backend: 'kafka',
    threads: String(count),
    inflight: values.inflight,
    batch: values.batch,
    duration: `${seconds}s`,
    location,
    note: values.note,
    user,
    host: target.at,
    ca: target.ca,
    sensor: '/nowhere',
  }
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, ...words, '--json'], {
    env: { ...process.env, COLLECT_PASSWORD: password },
  })
  const { tps, cpu, errors } = JSON.parse(stdout) as LoadReport
  if (Object.keys(errors).length > 0) console.log(errors)
  return { rate: tps, cpu: (cpu * 1e6) / tps }
}
