// What placement by weight is worth: two real brokers of one cluster, b with twice the processor time of a. A load on a topic that a alone
// leads, the same load on one that b alone leads, and both loads together on one that both lead half of, and on one that the planner
// placed by their weights; in turn.
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Partitioners } from 'kafkajs'
import type { Backend } from '../collector/backends/backend.ts'
import { kafkaBackend } from '../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../collector/backends/kafka/config.ts'
import { rulesOf } from '../roles/kafka/cluster/wanted.ts'
import { clusterId } from '../roles/kafka/identity.ts'
import { planPlacement } from '../roles/kafka/placement/plan.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit } from '../test/engines/kafka-support/kafka-broker.ts'
import { cpuSeconds, limit, standing, unlimit } from './limited.ts'
import { shown, summary } from './measure.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '15' },
    inflight: { type: 'string', default: '384' },
    share: { type: 'string', default: '0.1' },
    warm: { type: 'string', default: '30' },
    // Producers of each partition, and readings in flight, of one load.
    producers: { type: 'string', default: '2' },
  },
})
const number = (name: keyof typeof values) => Number(values[name])
const [rounds, seconds, inflight, share, warm] = [number('rounds'), number('seconds'), number('inflight'), number('share'), number('warm')]
const user = 'producer.bench'
const password = 'bench'
const partitions = 24
const weights = { a: 1, b: 2 } as const
// The quick compiler only: the other one works for minutes, and in a tenth of a core that is what would be measured.
process.env['JAVA_TOOL_OPTIONS'] = '-XX:TieredStopAtLevel=1'
/** Who leads, and how many loads that gets: each broker brings the producers that it had alone. */
const loads = { 'a alone': 1, 'b alone': 1, 'a + b, 1 : 1': 2, 'a + b, by weight': 2 } as const
type Way = keyof typeof loads
const ways = Object.keys(loads) as Way[]
const kit = await kafkaKit()
const fleet = await fleetOnLoopback({ weight: weights.a }, { weight: weights.b })
const [a, b] = [await KafkaBroker.create(kit, fleet, 0, 2048), await KafkaBroker.create(kit, fleet, 1, 2048)]
const named = { a, b } as const
const names = ['a', 'b'] as const

try {
  a.format(clusterId('bench'), 'starts')
  await a.start()
  b.format(clusterId('bench'), 'joins')
  await b.start()
  await main()
} finally {
  await destroyCluster(kit, [a, b])
  await unlimit('a', 'b')
}

async function main(): Promise<void> {
  const [ofA, ofB] = [a.member.id, b.member.id]
  const even = Array.from({ length: partitions }, (_, index) => [index % 2 === 0 ? ofA : ofB])
  const topics: Readonly<Record<Way, number[][]>> = {
    'a alone': even.map(() => [ofA]),
    'b alone': even.map(() => [ofB]),
    'a + b, 1 : 1': even,
    'a + b, by weight': byWeight(even),
  }
  const nameOf = (way: string): string => way.replaceAll(/[^a-z0-9]+/g, '-')
  await a.errand({
    change: [
      { user, password },
      ...Object.entries(topics).map(([way, places]) => ({ makeTopic: nameOf(way), places, configs: {} })),
      { allow: Object.keys(topics).flatMap(way => rulesOf(user, nameOf(way))) },
    ],
  })
  // Code is compiled for a while: without limits first, and within them then.
  await measured(nameOf('a + b, 1 : 1'), warm)
  // What a broker needs to be there at all is beside its share: only what is left takes readings.
  const idle = await atRest(5)
  for (const [core, name] of names.entries()) await limit(name, [named[name].pid], idle[name] + share * weights[name], core)
  console.log(`at rest, cores: a ${idle.a.toFixed(3)}, b ${idle.b.toFixed(3)}`)
  for (const way of ways) await measured(nameOf(way), seconds, loads[way])

  const rates = new Map<Way, number[]>(ways.map(way => [way, []]))
  for (let round = 0; round < rounds; round++)
    for (const [way, list] of rates) {
      const before = [await standing('a'), await standing('b')]
      const used = await Promise.all(names.map(name => cpuSeconds(named[name].pid)))
      const [cpu, machine, began] = [process.cpuUsage(), idleTime(), performance.now()]
      list.push(await measured(nameOf(way), seconds, loads[way]))
      const { user: own, system } = process.cpuUsage(cpu)
      // Connecting is in it.
      const elapsed = (performance.now() - began) / 1000
      const after = [await standing('a'), await standing('b')]
      const cores = (await Promise.all(names.map(name => cpuSeconds(named[name].pid)))).map((now, at) =>
        ((now - (used[at] ?? NaN)) / elapsed).toFixed(3),
      )
      const stood = after.map(({ throttled, periods }, at) =>
        ((throttled - (before[at]?.throttled ?? 0)) / Math.max(1, periods - (before[at]?.periods ?? 0))).toFixed(2),
      )
      const client = ((own + system) / 1e6 / elapsed).toFixed(2)
      const idle = ((idleTime() - machine) / 1000 / elapsed).toFixed(2)
      console.log(
        `round ${round + 1}, ${way}: ${list.at(-1)?.toFixed(0)} readings a second; stood still: a ${stood[0]}, b ${stood[1]}; ` +
          `cores: a ${cores[0]}, b ${cores[1]}, the client's ${client}, idle ${idle}`,
      )
    }

  console.log(
    `\nA load: ${number('producers') * partitions} producers of ${partitions} partitions, ${inflight} readings in flight, each a request; alone one load, together two. ` +
      `Beside what they need at rest a has ${share} of a core and b ${2 * share}; median (least–most)`,
  )
  for (const [way, list] of rates) console.log(`${way.padEnd(20)}${shown(summary(list), 0)}`)
  const of = (way: Way) =>
    summary((rates.get(way) ?? []).map((rate, at) => rate / ((rates.get('a alone')?.[at] ?? NaN) + (rates.get('b alone')?.[at] ?? NaN))))
  console.log(`by weight: ${shown(of('a + b, by weight'))} of a alone + b alone (goal 0.90); even: ${shown(of('a + b, 1 : 1'))}`)
}

/** Cores that the brokers use while nobody sends. */
async function atRest(seconds: number): Promise<Record<keyof typeof named, number>> {
  await sleep(2000)
  const before = await Promise.all(names.map(name => cpuSeconds(named[name].pid)))
  await sleep(seconds * 1000)
  const after = await Promise.all(names.map(name => cpuSeconds(named[name].pid)))
  const cores = (index: number): number => ((after[index] ?? NaN) - (before[index] ?? NaN)) / seconds
  return { a: cores(0), b: cores(1) }
}

/** Milliseconds that all cores of the machine have been idle. */
function idleTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0)
}

/** The same topic, placed by the role's planner. */
function byWeight(places: readonly (readonly number[])[]): number[][] {
  const { moves } = planPlacement(
    [a, b].map(({ member: { id, weight } }) => ({ id, weight })),
    [{ name: 't', copies: 1, partitions: places.map((replicas, index) => ({ index, replicas, bytes: 1 })) }],
  )
  return places.map((replicas, index) => [...(moves.find(({ partition }) => partition === index)?.to ?? replicas)])
}

/** Readings a second that all producers have stored. The next reading is the next producer’s, whoever is slow: a fleet measures evenly. */
async function measured(topic: string, duration: number, loads = 1): Promise<number> {
  const each = Array.from({ length: number('producers') * loads }, () => places()).flat()
  const producers = await Promise.all(each.map(place => producer(topic, place)))
  const end = performance.now() + duration * 1000
  let [stored, turn] = [0, 0]
  async function lane(): Promise<void> {
    while (performance.now() < end) {
      const [to, location] = producers[turn++ % producers.length] as (typeof producers)[number]
      await to.store([{ location, date: Math.round(1000 * (performance.timeOrigin + performance.now())), value: 20, note: '' }])
      stored++
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: inflight * loads }, lane))
  const rate = (stored * 1000) / (performance.now() - began)
  await Promise.all(producers.map(([to]) => to.close()))
  return rate
}

/** A place for each partition. */
function places(): readonly string[] {
  const choose = Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1 }) as never)
  const found = new Map<number, string>()
  for (let number = 0; found.size < partitions; number++) {
    const key = `place${number}`
    const partition = choose({ topic: '', partitionMetadata, message: { key, value: '' } })
    if (!found.has(partition)) found.set(partition, key)
  }
  return [...found.values()]
}

async function producer(topic: string, location: string): Promise<readonly [Backend, string]> {
  const hosts = [a, b].map(({ member: { host, vars } }) => `${host.address}:${vars.port}`)
  // One reading a request, as a producer sends that measures once a second.
  const config = kafkaSchema.parse({ type: 'kafka', hosts, user, topic, batch: 1, timeout: 30_000, tls: { ca: kit.certificates.ca } })
  const backend = kafkaBackend({ ...config, requests: 1, password: () => password })
  for (let tries = 0; ; tries++) {
    try {
      await backend.connect()
      return [backend, location]
    } catch (error) {
      if (tries === 9) throw error
      await backend.close()
    }
  }
}
