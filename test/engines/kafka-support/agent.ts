import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { collectorEntry } from '../../../collector/entry.ts'
import { inspectQueue } from '../../../collector/queue/inspect.ts'
import { buildProgram } from '../../../engine/programs/index.ts'
import { AgentProcess, until } from '../collector-support/agent-process.ts'
import type { KafkaBroker, KafkaKit } from './kafka-broker.ts'
import { readTopic } from './read-topic.ts'

/** A topic, and who may write it. */
export interface Writes {
  readonly user: string
  readonly password: string
  readonly topic: string
}

/** An agent that measures 50 times a second and sends to these brokers; its readings carry their number in the queue, which has no gaps. */
export async function agentOf(
  kit: KafkaKit,
  brokers: readonly KafkaBroker[],
  location: string,
  { user, password, topic }: Writes,
  note = '{sequence}',
): Promise<AgentProcess> {
  const { path: bundle } = await buildProgram(collectorEntry)
  const [sensor, passwordFile] = [join(kit.directory, 'sensor'), join(kit.directory, `${location}.password`)]
  writeFileSync(sensor, '48312\n')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  const hosts = brokers.map(({ member }) => `${member.host.address}:${member.vars.port}`)
  return new AgentProcess(bundle, kit.directory, {
    location,
    note,
    rate: 50,
    sensor,
    queue: { directory: join(kit.directory, `${location}.queue`) },
    deadLetters: join(kit.directory, `${location}.dead`),
    metrics: { address: '127.0.0.1', port: 0 },
    backends: [{ type: 'kafka', hosts, user, passwordFile, topic, timeout: 5000, tls: { ca: kit.certificates.ca } }],
  })
}

/** The agent ends with nothing in its queue, and each of its readings is in the topic once, in order. */
export async function endsComplete(
  agent: AgentProcess,
  kit: KafkaKit,
  broker: KafkaBroker,
  location: string,
  topic: string,
): Promise<number> {
  await until('the queue is empty', async () => (await agent.metric('collector_queue_readings')) <= 1)
  expect(await agent.end('SIGTERM')).toBe(0)
  const { last = 0, backends } = inspectQueue(join(kit.directory, `${location}.queue`), ['kafka'])
  expect(backends).toMatchObject([{ length: 0 }])
  const numbers = (await readTopic(kit, broker, topic, location)).map(({ note }) => Number(note))
  expect(numbers).toEqual(Array.from({ length: last }, (_, index) => index + 1))
  return last
}
