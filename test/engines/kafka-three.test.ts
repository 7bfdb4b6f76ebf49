import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { QuorumSeen, StorageSeen } from '../../roles/kafka/admin/quorum.ts'
import type { Change } from '../../roles/kafka/admin/session.ts'
import type { TopicSeen } from '../../roles/kafka/admin/topics.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { planPlacement, type PlacementPlan } from '../../roles/kafka/placement/plan.ts'
import { partitionsFor } from '../../roles/kafka/placement/targets.ts'
import { parseMeta } from '../../roles/kafka/storage/format.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'

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

  async function send(count: number): Promise<void> {
    const { host, vars } = first().member
    const client = new Kafka({
      brokers: [`${host.address}:${vars.port}`],
      ssl: { ca: [kit.certificates.authority.certificate] },
      sasl: { mechanism: 'scram-sha-512', username: 'one', password: 'right' },
      logLevel: logLevel.NOTHING,
    })
    const producer = client.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (let done = 0; done < count; done += 500) {
      const messages = Array.from({ length: 500 }, (_, index) => ({
        key: `producer ${index % 100}`,
        value: `${done + index} ${'x'.repeat(100)}`,
      }))
      await producer.send({ topic: 'temperature', acks: -1, messages })
    }
    await producer.disconnect()
    sent += count
    const admin = client.admin()
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
    await send(1000)
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
    await send(1000)
    expect([first().pid, second().pid]).toEqual(pids)
  })
})
