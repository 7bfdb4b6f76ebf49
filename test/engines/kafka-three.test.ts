import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { realClock } from '../../engine/operation/index.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { adminEntry } from '../../roles/kafka/admin/run.ts'
import { unregisterController } from '../../roles/kafka/admin/protocol/requests.ts'
import type { QuorumSeen, StorageSeen } from '../../roles/kafka/admin/quorum.ts'
import type { Change, Errand } from '../../roles/kafka/admin/session.ts'
import type { TopicSeen } from '../../roles/kafka/admin/topics.ts'
import { rulesOf } from '../../roles/kafka/cluster/wanted.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { planPlacement, type PlacementPlan } from '../../roles/kafka/placement/plan.ts'
import { partitionsFor } from '../../roles/kafka/placement/targets.ts'
import type { Journal } from '../../roles/kafka/rebalance/operation.ts'
import { planRebalance } from '../../roles/kafka/rebalance/plan.ts'
import type { ClusterHosts, Member, Seen } from '../../roles/kafka/rebalance/port.ts'
import { taking } from '../../roles/kafka/rebalance/take.ts'
import { parseMeta } from '../../roles/kafka/storage/format.ts'
import { agentOf, endsComplete } from './kafka-support/agent.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'
import { readerOf } from './kafka-support/read-topic.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: a real Kafka: Java or Maven is missing (apt-get install default-jre-headless maven)')

const cluster = clusterId('test')

describe.skipIf(!possible)('three real brokers of weights 1:1:2', () => {
  let kit: KafkaKit
  let brokers: KafkaBroker[] = []
  const [first, second, third] = [0, 1, 2].map(index => () => brokers[index] as KafkaBroker) as [
    () => KafkaBroker,
    () => KafkaBroker,
    () => KafkaBroker,
  ]
  let sent = 0

  beforeAll(async () => {
    kit = await kafkaKit()
    const fleet = await fleetOnLoopback({ weight: 1 }, { weight: 1 }, { weight: 2 })
    brokers = await Promise.all([0, 1, 2].map(index => KafkaBroker.create(kit, fleet, index)))
  })
  afterAll(() => destroyCluster(kit, brokers))

  const voterOf = (broker: KafkaBroker) => ({ id: broker.member.id, directory: parseMeta(broker.meta)?.directory ?? '' })
  const quorum = async () => (await first().errand({ ask: ['quorum'] }))['quorum'] as QuorumSeen
  const topic = async () =>
    ((await first().errand({}))['topics'] as readonly TopicSeen[]).find(({ name }) => name === 'temperature') as TopicSeen
  const leads = async () => {
    const { partitions } = await topic()
    return brokers.map(({ member }) => partitions.filter(({ leader }) => leader === member.id).length)
  }
  /** Bytes of the partitions that each broker leads, as it tells them. */
  const leaderBytes = async () => {
    const { storage } = (await first().errand({ ask: ['storage'] })) as unknown as { storage: Readonly<Record<number, StorageSeen>> }
    const leaders = new Map((await topic()).partitions.map(({ index, leader }) => [index, leader]))
    return brokers.map(({ member: { id } }) =>
      (storage[id]?.partitions ?? [])
        .filter(({ topic: of, partition }) => of === 'temperature' && leaders.get(partition) === id)
        .reduce((sum, { bytes }) => sum + bytes, 0),
    )
  }
  const until = async (what: string, is: () => Promise<boolean>) => {
    const end = Date.now() + 90_000
    while (!(await is().catch(() => false))) {
      if (Date.now() > end) throw new Error(`never so: ${what}`)
      await sleep(300)
    }
  }

  /** The plan for what is there, by bytes as the brokers tell them. */
  async function plan(of: readonly KafkaBroker[]): Promise<PlacementPlan> {
    const { storage } = (await first().errand({ ask: ['storage'] })) as unknown as { storage: Readonly<Record<number, StorageSeen>> }
    const bytes = (index: number) =>
      Math.max(
        1,
        ...Object.values(storage).flatMap(({ partitions }) =>
          partitions.filter(each => each.topic === 'temperature' && each.partition === index).map(each => each.bytes),
        ),
      )
    const { partitions } = await topic()
    return planPlacement(
      of.map(({ member: { id, weight } }) => ({ id, weight })),
      [{ name: 'temperature', copies: 1, partitions: partitions.map(({ index, replicas }) => ({ index, replicas, bytes: bytes(index) })) }],
    )
  }

  async function carryOut({ moves }: PlacementPlan): Promise<void> {
    const wanted = moves.map(({ topic: name, partition, to }) => ({ topic: name, partition, to }))
    await first().errand({ change: [{ move: wanted }] })
    await until('all moves are over', async () => ((await first().errand({ ask: ['moves'] }))['moves'] as unknown[]).length === 0)
    await first().errand({ change: [{ prefer: wanted }] })
  }

  const clientOf = () => {
    const { host, vars } = first().member
    return new Kafka({
      brokers: [`${host.address}:${vars.port}`],
      ssl: { ca: [kit.certificates.authority.certificate] },
      sasl: { mechanism: 'scram-sha-512', username: 'one', password: 'right' },
      logLevel: logLevel.NOTHING,
    })
  }

  async function send(count: number, size = 100): Promise<void> {
    await write(count, size)
    await allThere()
  }

  async function write(count: number, size = 100): Promise<void> {
    const producer = clientOf().producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    // One partition a call: of several, kafkajs 2.2.4 forgets those that move to a broker which has answered already, and says nothing.
    for (let done = 0; done < count; done += 100) {
      const messages = Array.from({ length: 100 }, (_, index) => ({
        partition: ((sent + done) / 100) % 12,
        value: `${done + index} ${'x'.repeat(size)}`,
      }))
      await producer.send({ topic: 'temperature', acks: -1, messages })
    }
    await producer.disconnect()
    sent += count
  }

  /** Everything that was acknowledged is there. */
  async function allThere(): Promise<void> {
    const admin = clientOf().admin()
    await admin.connect()
    const offsets = await admin.fetchTopicOffsets('temperature')
    await admin.disconnect()
    expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(sent)
  }

  test('join one quorum, one after the other, live', async () => {
    expect(first().format(cluster, 'starts').status).toBe(0)
    await first().start()
    for (const joins of [second(), third()]) {
      expect(joins.format(cluster, 'joins').status).toBe(0)
      await joins.start()
      await until('it has caught up', async () =>
        (await quorum()).observers.some(({ id, behind }) => id === joins.member.id && behind < 10),
      )
      const at = { host: joins.member.host.address, port: joins.member.vars.controllerPort }
      const change: Change = { addController: voterOf(joins), at }
      await first().errand({ change: [change] })
      // Asked for twice it is the same.
      await first().errand({ change: [change] })
    }
    expect((await quorum()).voters).toEqual(brokers.map(voterOf).sort((a, b) => a.id - b.id))
  })

  test('its leader killed in the middle of a request: an agent sends to the next one, each reading is there once', async () => {
    const writes = { user: 'producer.agent', password: 'right', topic: 'agent' }
    const own = writes.topic
    const ids = brokers.map(({ member }) => member.id)
    // The third leads it: the first answers this test's questions.
    const places = [[ids[2] ?? 0, ids[0] ?? 0, ids[1] ?? 0]]
    await first().errand({
      change: [
        { user: writes.user, password: writes.password },
        { makeTopic: own, places, configs: { 'min.insync.replicas': '2' } },
        { allow: rulesOf(writes.user, own) },
        ...readerOf(own),
      ],
    })
    const agent = await agentOf(kit, brokers, 'one', writes)
    try {
      await agent.start()
      const stored = async () => agent.metric('collector_stored_total')
      await until('it stores', async () => (await stored()) > 50)
      // It takes no more, so a request is on its way when its connection is cut.
      process.kill(third().pid, 'SIGSTOP')
      await sleep(500)
      await third().stop('SIGKILL')
      const before = await stored()
      await until('it stores without that broker', async () => (await stored()) > before + 200)
      await third().start()
      await endsComplete(agent, kit, first(), 'one', own)
      await until('it has caught up', async () => (await quorum()).voters.length === 3)
    } finally {
      await agent.end('SIGKILL')
    }
  })

  test('a topic that one of them has all of goes to where the weights ask for, and nothing of it is lost', async () => {
    const { id } = first().member
    const count = partitionsFor(brokers.map(({ member }) => ({ id: member.id, weight: member.weight })))
    await first().errand({
      change: [
        { user: 'one', password: 'right' },
        { allow: [{ user: 'one', operation: 'write', resource: 'topic', name: 'temperature' }] },
        { makeTopic: 'temperature', places: Array.from({ length: count }, () => [id]), configs: { 'retention.ms': '-1' } },
      ],
    })
    await send(5000)
    expect(await leads()).toEqual([12, 0, 0])
    const planned = await plan(brokers)
    expect(planned.moves).toHaveLength(9)
    await carryOut(planned)
    expect(await leads()).toEqual([3, 3, 6])
    expect((await plan(brokers)).moves).toEqual([])
    // Each of the twelve has as many readings now.
    await send(1000)
    const led = await leaderBytes()
    const all = led.reduce((sum, bytes) => sum + bytes, 0)
    const shares = led.map(bytes => bytes / all)
    console.log(`leader bytes ${led.join(', ')}: ${shares.map(share => share.toFixed(3)).join(', ')} beside weights 0.25, 0.25, 0.5`)
    for (const [index, share] of [0.25, 0.25, 0.5].entries()) expect(shares[index]).toBeCloseTo(share, 2)
  })

  test('weights 1:1:2 become 2:1:1 while a producer writes: throttled, by the tool as it is on a Pi, and nothing is lost', async () => {
    const { path } = await buildProgram(adminEntry)
    const errand = async (more: Omit<Errand, 'at' | 'ca' | 'own'>, files = first().files) => {
      const { stdout } = await execa(process.execPath, [path], { input: JSON.stringify({ ...files, timeout: 30, ...more }) })
      return JSON.parse(stdout) as Seen & { readonly held: StorageSeen; readonly storage: Readonly<Record<number, StorageSeen>> }
    }
    const hosts: ClusterHosts = {
      member: async name => {
        const broker = brokers.find(({ member }) => member.host.name === name) as KafkaBroker
        return { ...(await errand({ ask: ['quorum', 'moves', 'throttles', 'held'] }, broker.files)), id: broker.member.id }
      },
      seen: () => errand({ ask: ['quorum', 'moves', 'throttles'] }),
      storage: async () => (await errand({ ask: ['storage'] })).storage,
      change: async (_host, change) => void (await errand({ change })),
      stop: () => Promise.reject(new Error('nobody leaves')),
    }
    await send(10_000, 1000)
    const members = new Map<string, Member>()
    for (const { member } of brokers) members.set(member.host.name, await hosts.member(member.host.name))
    const weights = [2, 1, 1]
    const stay = brokers.map(({ member: { host, id } }, index) => ({ name: host.name, id, weight: weights[index] ?? 1 }))
    const moving = planRebalance({ members, stay, leave: [], wanted: new Map() }, { bytes: 2 ** 20, partitions: 2 })
    // Slow enough to be seen: the cards of a test are quick.
    const rate = 100_000
    const journal: Journal = {
      ...{ number: 1, id: '', fleet: 'test', began: '', hosts: [...members.keys()], at: 0 },
      weights: Object.fromEntries(stay.map(({ name, weight }) => [name, weight])),
      cluster: [...members.values()][0]?.cluster ?? '',
      ids: Object.fromEntries(stay.map(({ name, id }) => [name, id])),
      steps: moving.steps.map(step => (step.state === 'throttle' ? { ...step, rate } : step)),
    }
    expect(journal.steps.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1])).toEqual([
      'throttle',
      'move',
      'unthrottle',
      'prefer',
      'verify',
    ])
    const take = taking({ hosts, clock: realClock, interval: 0.3 })
    let writing = true
    const producer = (async () => {
      while (writing) await write(500)
    })()
    producer.catch(() => {})
    const seconds = { move: 0 }
    try {
      for (const step of journal.steps) {
        const began = performance.now()
        await take(step, journal, () => {})
        if (step.state === 'throttle') expect((await hosts.seen('kafka1')).throttles).toEqual({ rate, topics: ['temperature'] })
        if (step.state === 'move') seconds.move += (performance.now() - began) / 1000
      }
    } finally {
      writing = false
      await producer
    }
    await allThere()
    console.log(
      `${moving.copies} bytes moved in ${seconds.move.toFixed(1)} s with a throttle of ${rate} bytes/s a broker; ${sent} readings sent, all there`,
    )
    // Kafka looks at the last ten seconds: what they allow may come at once, the rest waits.
    expect(moving.copies).toBeGreaterThan(10 * rate)
    expect(seconds.move).toBeGreaterThan(8)
    expect(await leads()).toEqual([6, 3, 3])
    expect((await hosts.seen('kafka1')).throttles).toEqual({ rate: undefined, topics: [] })
    // Back, for those that follow.
    await carryOut(await plan(brokers))
    expect(await leads()).toEqual([3, 3, 6])
    await send(500)
  })

  test('one of them leaves, as a broker and as a controller, and those that stay are not restarted', async () => {
    const pids = [first().pid, second().pid]
    await carryOut(await plan([first(), second()]))
    expect(await leads()).toEqual([6, 6, 0])
    for (const goes of [third(), second()]) {
      // A leader of the quorum that leaves it lets another lead first.
      await until('it is out', async () => {
        await first().errand({ change: [{ removeController: voterOf(goes) }] })
        return (await quorum()).voters.every(({ id }) => id !== goes.member.id)
      })
    }
    await third().stop()
    await until('one controller leads', async () => (await quorum()).leader === first().member.id)
    expect((await quorum()).voters).toEqual([voterOf(first())])
    const { id } = third().member
    await until('the others notice', async () => {
      const { brokers: alive } = (await first().errand({})) as unknown as Pick<Seen, 'brokers'>
      return alive.every(broker => broker.id !== id)
    })
    // As a controller, too: what is not forgotten keeps its release's levels in force.
    for (const _twice of [1, 2]) await first().errand({ change: [{ unregister: id }] })
    expect((await first().ask(unregisterController, { id })).error).toBe(136)
    await send(1000)
    expect([first().pid, second().pid]).toEqual(pids)
  })
})
