import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Kafka, KafkaJSAggregateError, KafkaJSProtocolError, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildProgram } from '../../engine/programs/index.ts'
import { adminEntry } from '../../roles/kafka/admin/run.ts'
import { rulesOf } from '../../roles/kafka/admin/accounts.ts'
import { differences, type ClusterSeen } from '../../roles/kafka/cluster/differences.ts'
import { wantedOf, type ClusterWanted } from '../../roles/kafka/cluster/wanted.ts'
import { members } from '../../roles/kafka/members.ts'
import { Connection } from '../../roles/kafka/admin/protocol/connection.ts'
import type { TopicKept } from '../../roles/kafka/admin/topics.ts'
import type { Rule } from '../../roles/kafka/admin/words.ts'
import { kafkaBackup } from '../../roles/kafka/backup.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { parseMeta } from '../../roles/kafka/storage/format.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: a real Kafka: Java or Maven is missing (apt-get install default-jre-headless maven)')

const cluster = clusterId('test')

describe.skipIf(!possible)('one real broker', () => {
  let kit: KafkaKit
  let broker: KafkaBroker

  beforeAll(async () => {
    kit = await kafkaKit()
    broker = await KafkaBroker.create(kit, await fleetOnLoopback({}), 0)
  })
  afterAll(() => destroyCluster(kit, [broker]))

  /** A client of this account, as a producer is one. */
  const client = (username: string, password: string) =>
    new Kafka({
      brokers: [`${broker.member.host.address}:${broker.member.vars.port}`],
      clientId: username,
      ssl: { ca: [kit.certificates.authority.certificate] },
      sasl: { mechanism: 'scram-sha-512', username, password },
      logLevel: logLevel.NOTHING,
      retry: { retries: 3, initialRetryTime: 100 },
    })
  /** Kafka's word for why something was refused. */
  const refused = async (attempt: Promise<unknown>) => {
    const thrown = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    const error: unknown = thrown instanceof KafkaJSAggregateError ? thrown.errors[0] : thrown
    return error instanceof KafkaJSProtocolError ? error.type : error instanceof Error ? `${error.name}: ${error.message}` : undefined
  }
  const allowed: Rule = { user: 'one', operation: 'write', resource: 'topic', name: 'temperature' }
  const group: Rule = { user: 'one', operation: 'read', resource: 'group', name: 'one' }

  test('is formatted once, and never over data', async () => {
    const first = broker.format(cluster, 'starts')
    expect(first.status, first.output).toBe(0)
    const { meta } = broker
    expect(parseMeta(meta)).toMatchObject({ cluster, node: broker.member.id })
    for (const beginning of ['starts', 'joins'] as const) {
      const again = broker.format(cluster, beginning)
      expect(again.status).not.toBe(0)
      expect(again.output).toContain('never over data')
    }
    expect(broker.meta).toBe(meta)
  })

  test('starts, alone in a dynamic quorum', async () => {
    await broker.start()
    const { quorum, cluster: is } = await broker.errand({ ask: ['quorum'] })
    expect(is).toBe(cluster)
    expect(quorum).toMatchObject({
      leader: broker.member.id,
      voters: [{ id: broker.member.id, directory: parseMeta(broker.meta)?.directory }],
    })
  })

  test('has accounts with passwords and rules, and says which password is right', async () => {
    const change = [{ user: 'one', password: 'right' }, { user: 'two', password: 'other' }, { allow: [allowed] }]
    const seen = await broker.errand({ change, ask: ['users', 'rules'], logins: broker.logins({ one: 'right', two: 'wrong' }) })
    expect(seen['users']).toEqual(['one', 'two'])
    expect(seen['rules']).toEqual({ rules: [allowed], others: [] })
    expect(seen['logins']).toEqual({ one: true, two: false })
  })

  test('keeps a topic for ever, by the live topic’s own word', async () => {
    const change = [
      { makeTopic: 'temperature', places: [[broker.member.id], [broker.member.id]], configs: { 'retention.ms': '-1' } },
      { makeTopic: 'other', places: [[broker.member.id]], configs: {} },
    ]
    const { configs } = await broker.errand({ change, configs: ['temperature', 'missing'] })
    expect(configs).toMatchObject({ temperature: { 'retention.ms': '-1', 'cleanup.policy': 'delete', 'min.insync.replicas': '1' } })
    expect(Object.keys(configs as object)).toEqual(['temperature'])
    const again = await broker.errand({
      change: [...change, { configure: 'temperature', configs: { 'retention.ms': '86400000' } }],
      configs: ['temperature'],
    })
    expect(again['configs']).toMatchObject({ temperature: { 'retention.ms': '86400000' } })
  })

  test('lets a producer write its topic, and neither read it, nor write another, nor make one', async () => {
    const producer = client('one', 'right').producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 5 } })
    await producer.connect()
    const message = { key: 'one', value: '21.5', timestamp: '1700000000000' }
    const [sent] = await producer.send({ topic: 'temperature', acks: -1, messages: [message] })
    expect(sent?.errorCode).toBe(0)
    expect(await refused(producer.send({ topic: 'other', messages: [message] }))).toContain('Not authorized to access topics')
    await producer.disconnect()
    const admin = client('one', 'right').admin()
    await admin.connect()
    expect(await refused(admin.createTopics({ topics: [{ topic: 'third' }] }))).toMatch(/AUTHORIZATION_FAILED|not authorized/i)
    await admin.disconnect()
    // It may be of a group, so that the topic alone is in its way.
    await broker.errand({ change: [{ allow: [group] }] })
    const consumer = client('one', 'right').consumer({ groupId: 'one', retry: { retries: 8 } })
    await consumer.connect()
    await consumer.subscribe({ topic: 'temperature', fromBeginning: true })
    const crash = new Promise<never>((_resolve, reject) =>
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error)),
    )
    await consumer.run({ eachMessage: async () => undefined })
    expect(await refused(crash)).toContain('Not authorized to access topics')
    await consumer.disconnect()
  })

  test('lets nobody in with a wrong password, or with a certificate of the fleet that is no broker’s', async () => {
    const producer = client('one', 'wrong').producer()
    expect(await refused(producer.connect())).toMatch(/SASL|authentication/i)
    const { authority } = kit.certificates
    const own = readFileSync(await kit.certificates.of('broker', ['x']), 'utf8')
    const { address: host } = broker.member.host
    const stranger = await Connection.open({ host, port: broker.member.vars.brokerPort, ca: authority.certificate, own })
    expect(await refused(rulesOf(stranger))).toContain('CLUSTER_AUTHORIZATION_FAILED')
    stranger.close()
  })

  test('an account may get another password while it is connected, and is closed; no other is', async () => {
    const seen = await broker.errand({ change: [{ user: 'one', password: 'new' }], logins: broker.logins({ one: 'new' }) })
    expect(seen['logins']).toEqual({ one: true })
    const after = await broker.errand({
      change: [{ closeUser: 'one' }, { forbid: [allowed, group] }],
      ask: ['users', 'rules'],
      logins: broker.logins({ one: 'new', two: 'other' }),
    })
    expect(after).toMatchObject({ users: ['one', 'two'], rules: { rules: [], others: [] }, logins: { one: false, two: true } })
  })

  test('tells what its storage holds and has room for', async () => {
    const { storage } = (await broker.errand({ ask: ['storage'] })) as {
      storage: Record<number, { totalBytes: number; usableBytes: number; partitions: { topic: string; bytes: number }[] }>
    }
    const own = storage[broker.member.id]
    expect(own?.totalBytes).toBeGreaterThan(own?.usableBytes ?? NaN)
    expect(own?.partitions.filter(({ topic }) => topic === 'temperature').reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(50)
  })

  test('comes back with all of it after it was killed', async () => {
    await broker.stop('SIGKILL')
    await broker.start()
    expect(await broker.errand({ ask: ['users'], logins: broker.logins({ two: 'other' }) })).toMatchObject({
      cluster,
      users: ['one', 'two'],
      logins: { two: true },
    })
  })

  test('takes a record and gives it back: it does its work', async () => {
    await broker.errand({ probe: broker.member.id })
    await broker.errand({ probe: broker.member.id, whole: broker.member.id })
    const name = `fleet.health.${broker.member.id}`
    const { topics } = await broker.errand({ change: [{ removeTopic: name }, { removeTopic: name }] })
    expect((topics as readonly { readonly name: string }[]).map(topic => topic.name)).not.toContain(name)
  })

  test('is asked on its Pi by one file and node', async () => {
    const { path } = await buildProgram(adminEntry)
    const input = JSON.stringify({ ...broker.files, ask: ['users', 'quorum'] })
    const { status, stdout, stderr } = spawnSync(process.execPath, [path], { input, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ cluster, users: ['one', 'two'] })
    const nobody = spawnSync(process.execPath, [path], {
      input: JSON.stringify({ ...broker.files, at: [{ host: '127.0.0.1', port: 1 }] }),
      encoding: 'utf8',
    })
    expect([nobody.status, nobody.stdout]).toEqual([1, ''])
    expect(nobody.stderr).toContain('no broker answers: 127.0.0.1:1: ')
  })

  test('what is kept of it comes back: topics with what was set for them, and rules', async () => {
    const { path } = await buildProgram(adminEntry)
    const start = (input: unknown, ...words: readonly string[]) =>
      spawnSync(process.execPath, [path, ...words], { input: typeof input === 'string' ? input : JSON.stringify(input), encoding: 'utf8' })
    const rule: Rule = { user: 'kept', operation: 'read', resource: 'topic', name: 'kept' }
    const places = [[broker.member.id], [broker.member.id], [broker.member.id]]
    await broker.errand({ change: [{ makeTopic: 'kept', places, configs: { 'retention.ms': '86400000' } }, { allow: [rule] }] })
    const taken = start({ ...broker.files, keep: true, ask: ['users', 'rules', 'quorum', 'features'] })
    expect(taken.stderr).toBe('')
    const reader = kafkaBackup.reader('cluster')
    reader.push(Buffer.from(taken.stdout))
    expect(reader.end().figures).toMatchObject({ brokers: 1, users: 2 })
    const kept = () => (JSON.parse(start({ ...broker.files, keep: true }).stdout) as { kept: { topics: TopicKept[] } }).kept.topics
    const before = kept().find(({ name }) => name === 'kept')
    expect(before).toMatchObject({ places, configs: { 'retention.ms': '86400000' } })
    await broker.errand({ change: [{ removeTopic: 'kept' }, { forbid: [rule] }] })
    expect(kept().map(({ name }) => name)).not.toContain('kept')
    const given = JSON.stringify(broker.files)
    for (let twice = 0; twice < 2; twice++) expect(start(taken.stdout, given)).toMatchObject({ status: 0, stderr: '' })
    const after = kept().find(({ name }) => name === 'kept')
    expect({ ...after, id: '' }).toEqual({ ...before, id: '' })
    expect(after?.id).not.toBe(before?.id)
    const { rules } = (await broker.errand({ ask: ['rules'] })) as unknown as { rules: { rules: Rule[] } }
    expect(rules.rules).toContainEqual(rule)
    await broker.errand({ change: [{ removeTopic: 'kept' }, { forbid: [rule] }] })
    expect(() => kafkaBackup.reader('cluster').end()).toThrow()
  })

  test('what a fleet wants of its cluster: missing, made, unchanged, drifted, mended', async () => {
    const { fleet } = broker
    const want = (...names: readonly string[]) =>
      wantedOf(members(fleet), { producers: names.map(name => ({ name })), sinks: [] }, secret => `password of ${secret}`)
    const seen = async (wanted: ClusterWanted) =>
      (await broker.errand({
        ask: ['users', 'rules', 'quorum'],
        configs: [wanted.topic.name],
        logins: broker.logins(Object.fromEntries(wanted.accounts.map(({ user, password }) => [user, password]))),
      })) as unknown as ClusterSeen
    const mend = async (wanted: ClusterWanted) => {
      const all = differences(wanted, await seen(wanted))
      for (const { change } of all) await broker.errand({ change: [change] })
      return all.map(({ does }) => does)
    }
    const wanted = want('pi1', 'pi2')
    expect(await mend(wanted)).toHaveLength(4)
    expect(await mend(wanted)).toEqual([])
    // Somebody changes things by hand.
    const strange: Rule = { user: 'producer.pi1', operation: 'read', resource: 'topic', name: 'temperature' }
    const others: Rule = { user: 'person', operation: 'read', resource: 'topic', name: 'temperature' }
    await broker.errand({
      change: [
        { user: 'producer.pi1', password: 'mine' },
        { allow: [strange, others] },
        { configure: 'temperature', configs: { 'retention.ms': '1000' } },
      ],
    })
    expect(await mend(wanted)).toEqual([
      'set retention.ms of topic temperature from 1000 to -1',
      'give another password to account producer.pi1',
      'allow no longer producer.pi1 read topic temperature',
    ])
    expect(await mend(wanted)).toEqual([])
    // A producer leaves: its account is closed, and the others' stay.
    expect(await mend(want('pi2'))).toHaveLength(2)
    expect(await mend(want('pi2'))).toEqual([])
    expect((await seen(wanted)).logins).toEqual({ 'producer.pi1': false, 'producer.pi2': true })
    expect((await seen(wanted)).rules.rules.filter(({ user }) => user === 'person')).toEqual([others])
  })
})
