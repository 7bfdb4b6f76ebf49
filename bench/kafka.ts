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
    inflight: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '1' },
    note: { type: 'string', default: 'a note of this length' },
    only: { type: 'boolean', default: false },
  },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
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
    for (let round = 0; round < rounds; round++) console.log(await collect())
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
  const first = await collect()
  const records = Math.round(first.rate * seconds)
  const ours: Sent[] = []
  const theirs = new Map<string, Sent[]>(Object.keys(ways).map(name => [name, []]))
  for (let round = 0; round < rounds; round++) {
    ours.push(await collect())
    for (const [name, send] of Object.entries(ways)) theirs.get(name)?.push(await send(records))
    const rates = [ours, ...theirs.values()].map(sent => sent.at(-1)?.rate.toFixed(0))
    console.log(`round ${round + 1}: collect ${rates[0]}, perf-test ${rates.slice(1).join(' and ')} records a second`)
  }
  console.log(
    `${rounds} rounds in turn, ${records} records or ${seconds} s each; records a second, median (least–most); CPU: the producer's`,
  )
  console.log(`record: ${samples()[0]}`)
  console.log(text('collect', ours))
  for (const [name, sent] of theirs) {
    const ratio = summary(ours.map(({ rate }, round) => rate / (sent[round]?.rate ?? NaN))).median
    console.log(`${text(name, sent)}   collect is ${ratio.toFixed(2)} times that (goal 0.80)`)
  }
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

async function collect(): Promise<Sent> {
  const flags = {
    backend: 'kafka',
    threads: values.threads,
    inflight: values.inflight,
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
