import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Queue } from '../../collector/queue/queue.ts'
import { rulesOf, topicConfigs } from '../../roles/kafka/cluster/wanted.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { type AgentProcess, until } from './collector-support/agent-process.ts'
import { agentOf, endsComplete } from './kafka-support/agent.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'
import { readerOf } from './kafka-support/read-topic.ts'
import { residentOf, type Resident } from './kafka-support/resident.ts'
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

  /** MiB that the agent's unit allows. Files of Node.js are a part of that only while nobody else needs the memory. */
  const allowed = 96

  proof('a backlog of 100,000 readings is sent, each once, and what it holds stays below what its unit allows', async () => {
    const agent = await agentOf(kit, [broker], 'backlog', writes)
    agents.push(agent)
    const queue = new Queue({ directory: join(kit.directory, 'backlog.queue'), backends: ['kafka'] })
    const first = Date.now() * 1000 - 100_000 * 10_000
    for (let number = 1; number <= 100_000; number++)
      queue.append({ location: 'backlog', date: first + number * 10_000, value: 20, note: String(number) })
    await queue.close()
    await agent.start()
    const ownOf = ({ heap, own }: Resident) => heap + own
    const seen = [residentOf(agent.pid)]
    await until('all are sent', async () => {
      seen.push(residentOf(agent.pid))
      return (await agent.metric('collector_queue_readings')) <= 1
    })
    await sleep(20_000)
    seen.push(residentOf(agent.pid))
    const most = Math.max(...seen.map(ownOf))
    const text = seen
      .filter((_, index) => index % (seen.length - 1) === 0)
      .map(each => `${ownOf(each).toFixed(1)} + ${each.files.toFixed(1)} of files`)
    console.log(
      `MiB an agent has resident at its start, and 20 s after all was sent: ${text.join(', ')}; at most ${most.toFixed(1)} of its own`,
    )
    expect(most).toBeLessThan(0.8 * allowed)
    await endsComplete(agent, kit, broker, 'backlog', writes.topic)
  })
})
