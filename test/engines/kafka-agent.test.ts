import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rulesOf, topicConfigs } from '../../roles/kafka/cluster/wanted.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { type AgentProcess, until } from './collector-support/agent-process.ts'
import { agentOf, endsComplete } from './kafka-support/agent.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'
import { readerOf } from './kafka-support/read-topic.ts'
import { proof } from '../lab/proof.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: an agent with a real Kafka: Java or Maven is missing (apt-get install default-jre-headless maven)')

const writes = { user: 'producer.one', password: 'right', topic: 'temperature' } as const

describe.skipIf(!possible)('an agent whose only broker goes away', { timeout: 180_000 }, () => {
  const agents: AgentProcess[] = []
  let kit: KafkaKit
  let broker: KafkaBroker

  beforeAll(async () => {
    kit = await kafkaKit()
    broker = await KafkaBroker.create(kit, await fleetOnLoopback({}), 0)
    expect(broker.format(clusterId('test'), 'starts').status).toBe(0)
    await broker.start()
    const { user, password, topic } = writes
    await broker.errand({
      change: [
        { user, password },
        { makeTopic: topic, places: [[broker.member.id], [broker.member.id]], configs: topicConfigs(broker.member.vars) },
        { allow: rulesOf(user, topic) },
        ...readerOf(topic),
      ],
    })
  }, 180_000)
  afterAll(async () => {
    for (const agent of agents) await agent.end('SIGKILL')
    await destroyCluster(kit, [broker])
  })

  async function sending(location: string): Promise<AgentProcess> {
    const agent = await agentOf(kit, [broker], location, writes)
    agents.push(agent)
    await agent.start()
    await stores(agent, 50)
    return agent
  }

  const stores = (agent: AgentProcess, more: number) =>
    agent
      .metric('collector_stored_total')
      .then(before => until('it stores', async () => (await agent.metric('collector_stored_total')) >= before + more))

  // Of three brokers one is killed in kafka-three, by default.
  proof('killed in the middle of a request: each reading is in the topic once', async () => {
    const agent = await sending('killed')
    // It takes no more, so a request is on its way when its connection is cut.
    process.kill(broker.pid, 'SIGSTOP')
    await sleep(500)
    await broker.stop('SIGKILL')
    await until('readings wait', async () => (await agent.metric('collector_queue_readings')) > 50)
    await broker.start()
    await stores(agent, 200)
    await endsComplete(agent, kit, broker, 'killed', writes.topic)
  })

  test('stopped for 20 s, and then it does what it was asked before: each reading is in the topic once', async () => {
    const agent = await sending('paused')
    process.kill(broker.pid, 'SIGSTOP')
    try {
      await sleep(20_000)
      expect(await agent.metric('collector_queue_readings')).toBeGreaterThan(500)
    } finally {
      process.kill(broker.pid, 'SIGCONT')
    }
    await stores(agent, 1000)
    await endsComplete(agent, kit, broker, 'paused', writes.topic)
  })
})
