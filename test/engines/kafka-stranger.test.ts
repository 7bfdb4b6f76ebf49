import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { QuorumSeen } from '../../roles/kafka/admin/quorum.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: a stranger at a real Kafka: Java or Maven is missing')

/** Seconds that a stranger tries. One of the fleet is known after three or four. */
const tries = 12

describe.skipIf(!possible)('a cluster of the same name on the LAN', { timeout: 90_000 }, () => {
  let own: KafkaKit
  let other: KafkaKit
  let broker: KafkaBroker
  const strangers: KafkaBroker[] = []

  beforeAll(async () => {
    ;[own, other] = [await kafkaKit(), await kafkaKit()]
    broker = await KafkaBroker.create(own, await fleetOnLoopback({}, {}), 0)
    expect(broker.format(clusterId('own'), 'starts').status).toBe(0)
    await broker.start()
  }, 90_000)
  afterAll(async () => {
    await destroyCluster(other, strangers)
    await destroyCluster(own, [broker])
  })

  /** A second broker that takes this one for its controller, as its inventory says; what it says of it. */
  async function joins(kit: KafkaKit, cluster: string): Promise<string> {
    const stranger = await KafkaBroker.create(kit, broker.fleet, 1)
    strangers.push(stranger)
    expect(stranger.format(clusterId(cluster), 'joins').status).toBe(0)
    const started = stranger.start().then(
      () => 'it answers as a broker of the cluster',
      () => 'it ended',
    )
    const how = await Promise.race([started, sleep(tries * 1000).then(() => 'it tries')])
    const { brokers, quorum } = (await broker.errand({ ask: ['quorum'] })) as unknown as {
      brokers: readonly { id: number }[]
      quorum: QuorumSeen
    }
    const [known, id] = [[...brokers, ...quorum.voters, ...quorum.observers].map(each => each.id), stranger.member.id]
    await stranger.stop('SIGKILL')
    await started
    expect(how).not.toBe('it answers as a broker of the cluster')
    expect(known).not.toContain(id)
    expect(known).toContain(broker.member.id)
    return stranger.log
  }

  test('of another fleet, so of another CA, gets no word in', async () => {
    expect(await joins(other, 'other')).toMatch(/SSL|certificat|handshake/i)
  })

  test('with this fleet’s CA and another id is not let in either', async () => {
    await joins(own, 'other')
  })
})
