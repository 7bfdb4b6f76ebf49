import { Kafka, logLevel, type Producer } from 'kafkajs'
import { kafkaBackend } from '../../../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../../../collector/backends/kafka/config.ts'
import type { Backend } from '../../../collector/backends/backend.ts'
import type { SinkConfig } from '../../../collector/sink/config.ts'
import type { Reading } from '../../../collector/reading.ts'
import { wantedOf } from '../../../roles/kafka/cluster/wanted.ts'
import { differences, type ClusterSeen } from '../../../roles/kafka/cluster/differences.ts'
import { clusterId } from '../../../roles/kafka/identity.ts'
import { members } from '../../../roles/kafka/members.ts'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-broker.ts'

const password = (secret: string): string => `password of ${secret}`

/** A real broker with the topic of readings, the account of one producer and of sinks, all as the role makes them. */
export class ReadingTopic {
  readonly kit: KafkaKit
  readonly broker: KafkaBroker
  readonly #group: string

  private constructor(kit: KafkaKit, broker: KafkaBroker, group: string) {
    this.kit = kit
    this.broker = broker
    this.#group = group
  }

  /** `sinks`: names of the hosts. `vars`: of the broker. */
  static async create(group: string, sinks: readonly string[], vars: object = {}): Promise<ReadingTopic> {
    const kit = await kafkaKit()
    const broker = await KafkaBroker.create(kit, await fleetOnLoopback({ ...vars }), 0)
    const { status, output } = broker.format(clusterId('test'), 'starts')
    if (status !== 0) throw new Error(output)
    await broker.start()
    const users = { producers: [{ name: 'one' }], sinks: sinks.map(name => ({ host: { name }, group })) }
    const wanted = wantedOf(members(broker.fleet), users, password)
    const seen = (await broker.errand({ ask: ['users', 'rules', 'quorum'], configs: [] })) as unknown as ClusterSeen
    const changes = differences(wanted, { ...seen, configs: {}, logins: {} }).map(({ change }) => change)
    await broker.errand({ change: changes })
    return new ReadingTopic(kit, broker, group)
  }

  get address(): string {
    return `${this.broker.member.host.address}:${this.broker.member.vars.port}`
  }

  /** Sends readings as the agent of a producer does. */
  producer(): Backend {
    const config = kafkaSchema.parse({ type: 'kafka', hosts: [this.address], user: 'producer.one', tls: { ca: this.kit.certificates.ca } })
    return kafkaBackend({ ...config, password: () => password('kafka/producer.one') })
  }

  /** Sends readings, again and again until all are acknowledged. */
  async send(readings: readonly Reading[]): Promise<void> {
    const to = this.producer()
    let connected = false
    for (let from = 0; from < readings.length; ) {
      const batch = readings.slice(from, from + 500)
      try {
        if (!connected) await to.connect()
        connected = true
        await to.store(batch)
        from += batch.length
      } catch {
        connected = false
        await to.close()
        await new Promise(done => setTimeout(done, 200))
      }
    }
    await to.close()
  }

  /** A client as somebody who may write anything into the topic: the account of the producer, without its care. */
  async raw(): Promise<Producer> {
    const producer = this.#client('producer.one').producer()
    await producer.connect()
    return producer
  }

  /** A client as a sink is one. */
  asSink(name: string): Kafka {
    return this.#client(`sink.${name}`)
  }

  /** Takes the oldest records away, as retention does: all but the last `left` of each partition. Returns how many are gone. */
  async forget(left: number): Promise<number> {
    const { at, ownFile } = this.broker.files
    const own = readFileSync(ownFile, 'utf8')
    const client = new Kafka({
      brokers: at.map(({ host, port }) => `${host}:${port}`),
      ssl: { ca: [this.kit.certificates.authority.certificate], cert: own, key: own },
      logLevel: logLevel.NOTHING,
    })
    const admin = client.admin()
    await admin.connect()
    const before = await admin.fetchTopicOffsets('temperature')
    const partitions = before.flatMap(({ partition, low, high }) =>
      Number(high) - left > Number(low) ? [{ partition, offset: String(Number(high) - left) }] : [],
    )
    await admin.deleteTopicRecords({ topic: 'temperature', partitions })
    await admin.disconnect()
    return partitions.reduce(
      (sum, { partition, offset }) => sum + Number(offset) - Number(before.find(each => each.partition === partition)?.low),
      0,
    )
  }

  #client(username: string): Kafka {
    return new Kafka({
      brokers: [this.address],
      ssl: { ca: [this.kit.certificates.authority.certificate] },
      sasl: { mechanism: 'scram-sha-512', username, password: password(`kafka/${username}`) },
      logLevel: logLevel.NOTHING,
    })
  }

  /** The config of the sink of a host, from here to a store. */
  sinkConfig(name: string, to: SinkConfig['to'], change: Partial<Extract<SinkConfig['from'], { type: 'kafka' }>> = {}): SinkConfig {
    const passwordFile = join(this.kit.directory, `sink-${name}-password`)
    writeFileSync(passwordFile, password(`kafka/sink.${name}`))
    return {
      from: {
        type: 'kafka',
        hosts: [this.address],
        user: `sink.${name}`,
        passwordFile,
        group: this.#group,
        session: 6000,
        tls: { ca: this.kit.certificates.ca },
        ...change,
      },
      to,
      metrics: { address: '127.0.0.1', port: 0 },
    }
  }
}
