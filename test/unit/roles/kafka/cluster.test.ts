import { describe, expect, it } from 'vitest'
import { notWhole } from '../../../../roles/kafka/admin/whole.ts'
import { crc32c } from '../../../../roles/kafka/admin/protocol/batch.ts'
import { differences, notesOf, placesOfNew, type ClusterSeen } from '../../../../roles/kafka/cluster/differences.ts'
import { wantedOf } from '../../../../roles/kafka/cluster/wanted.ts'
import { whyItStays } from '../../../../roles/kafka/leaving.ts'
import { members } from '../../../../roles/kafka/members.ts'
import { readKafka } from '../../../../roles/kafka/status.ts'
import { fleetOf } from './fleet.ts'

const all = members(fleetOf({ weight: 1 }, { weight: 1 }, { weight: 2 }))
const ids = all.map(({ id }) => id)
const wanted = wantedOf(all, { producers: [{ name: 'pi1' }], sinks: [] }, secret => `password of ${secret}`)
const voter = (index: number, directory = 'first') => ({ id: ids[index] ?? 0, directory })

/** Kafka's own topic of offsets, which the fleet makes. */
const offsets = { name: '__consumer_offsets', internal: true, partitions: [] }

/** A cluster that is as it should be. */
const right: ClusterSeen = {
  brokers: ids.map(id => ({ id })),
  topics: [{ name: 'temperature', internal: false, partitions: [] }, offsets],
  users: ['producer.pi1'],
  rules: { rules: wanted.rules, others: [] },
  quorum: { leader: ids[0] ?? 0, voters: [voter(0), voter(1), voter(2)], observers: [] },
  configs: { temperature: { ...wanted.topic.configs, 'segment.bytes': '1' } },
  logins: { 'producer.pi1': true },
  features: [],
}
const told = (seen: Partial<ClusterSeen>) => differences(wanted, { ...right, ...seen }).map(({ does }) => does)

it('jobs of a host may read the topic, and tell their group how far they are', () => {
  const { accounts, rules, deadLetters } = wantedOf(
    all,
    { producers: [], sinks: [], jobs: [{ host: { name: 'pi2' }, group: 'flink' }] },
    secret => `password of ${secret}`,
  )
  expect(accounts).toEqual([{ user: 'job.pi2', password: 'password of kafka/job.pi2', host: 'pi2' }])
  expect(rules.map(({ user, operation, resource, name }) => `${user} ${operation} ${resource} ${name}`)).toEqual([
    'job.pi2 read topic temperature',
    'job.pi2 read group flink',
  ])
  expect(deadLetters).toBeUndefined()
  const gone = { user: 'job.gone', operation: 'read', resource: 'topic', name: 'temperature' } as const
  expect(told({ users: ['producer.pi1', 'job.gone'], rules: { rules: [...wanted.rules, gone], others: [] } })).toEqual([
    'close account job.gone',
    'allow no longer job.gone read topic temperature',
  ])
})

it('jobs keep their account while they may be at work, also where the inventory names them no more', () => {
  const rule = { user: 'job.pi2', operation: 'read', resource: 'topic', name: 'temperature' } as const
  const seen = { ...right, users: ['producer.pi1', 'job.pi2'], rules: { rules: [...wanted.rules, rule], others: [] } }
  const users = { producers: [{ name: 'pi1' }], sinks: [], jobHosts: [{ name: 'pi2' }] }
  const stay = wantedOf(all, users, secret => `password of ${secret}`)
  expect([stay.accounts.map(({ user }) => user), differences(stay, seen)]).toEqual([['producer.pi1'], []])
  expect(differences(wanted, seen)).toHaveLength(2)
})

describe('what a cluster lacks', () => {
  it('is nothing where it is as it should be', () => expect(told({})).toEqual([]))

  it('is a topic, whose leaders are by weight from the first', () => {
    const [made] = told({ topics: [], configs: {} })
    expect(made).toBe('make topic temperature: 12 partitions by the brokers’ weights, 1 of each')
    const places = placesOfNew(all, 12, 1)
    expect(ids.map(id => places.filter(([leader]) => leader === id).length)).toEqual([3, 3, 6])
  })

  it('is the topic of offsets, before a broker makes it with the copies of the fleet that it was started in', () => {
    const without = right.topics.filter(({ name }) => name !== offsets.name)
    const two = wantedOf(members(fleetOf({}, {})), { producers: [], sinks: [] }, () => '')
    const seen = { ...right, topics: without, users: [], rules: { rules: [], others: [] } }
    const of = (among: ClusterSeen) => differences({ ...two, topic: wanted.topic }, among).filter(({ does }) => does.includes(offsets.name))
    const [made, ...more] = of(seen)
    expect(made?.does).toBe('make topic __consumer_offsets, which is Kafka’s own: 8 partitions, 2 of each')
    expect(made?.change).toMatchObject({ makeTopic: offsets.name, configs: { 'cleanup.policy': 'compact' } })
    const { places } = made?.change as { readonly places: readonly (readonly number[])[] }
    expect(places.map(each => new Set(each).size)).toEqual(Array.from({ length: 8 }, () => 2))
    expect(places.flat().every(id => two.members.some(member => member.id === id))).toBe(true)
    expect(more).toEqual([])
    // While a broker is away nothing is begun.
    expect(of({ ...seen, brokers: seen.brokers.slice(1) })).toEqual([])
  })

  it('is a setting, by the live topic’s own word', () => {
    expect(told({ configs: { temperature: { ...wanted.topic.configs, 'retention.ms': '604800000' } } })).toEqual([
      'set retention.ms of topic temperature from 604800000 to -1',
    ])
  })

  it('is a copy more of each reading, which is told, and made by a rebalance; until then readings go on', () => {
    const two = wantedOf(members(fleetOf({ replication: 3 }, {}, {})), { producers: [], sinks: [] }, () => '')
    const partitions = (copies: number) => [{ index: 0, leader: 1, replicas: ids.slice(0, copies), inSync: ids.slice(0, copies) }]
    const topics = (copies: number) => [{ name: 'temperature', internal: false, partitions: partitions(copies) }, offsets]
    expect(notesOf(two, { topics: topics(1), features: [] })).toEqual([
      'temperature has 1 copy of each partition, and the inventory asks for 3: rebalance kafka',
    ])
    expect(notesOf(two, { topics: topics(3), features: [] })).toEqual([])
    const minimum = (copies: number, is: string) =>
      differences(
        { ...two, accounts: [], rules: [] },
        {
          ...right,
          topics: topics(copies),
          rules: { rules: [], others: [] },
          configs: { temperature: { ...two.topic.configs, 'min.insync.replicas': is } },
        },
      ).map(({ does }) => does)
    expect(minimum(1, '1')).toEqual([])
    expect(minimum(3, '1')).toEqual(['set min.insync.replicas of topic temperature from 1 to 2'])
  })

  it('keeps the levels of an older release until a person makes others final', () => {
    const at = (level: number) => notesOf(wanted, { ...right, features: [{ name: 'metadata.version', level, most: 33 }] })
    expect(at(29)).toEqual([
      'it works as an older release than 4.4 does (metadata.version 29 of 33): when you will not go back, kafka-admin finalise on a broker',
    ])
    expect(at(33)).toEqual([])
    // Of a newer one nothing is said: its software is newer, too.
    expect(at(35)).toEqual([])
  })

  it('is a controller, once it runs as one', () => {
    const voters = [voter(0), voter(1)]
    expect(told({ quorum: { leader: 0, voters, observers: [] } })).toEqual([])
    expect(told({ quorum: { leader: 0, voters, observers: [{ ...voter(2), behind: 0 }] } })).toEqual([
      'take kafka3 into the quorum of controllers',
    ])
  })

  it('has the storage of a replaced card in its quorum: that goes before the new one comes', () => {
    const observers = [{ ...voter(1, 'new'), behind: 0 }]
    expect(told({ quorum: { leader: 0, voters: [voter(0), voter(1), voter(2)], observers } })).toEqual([
      'take the former storage of kafka2 out of the quorum of controllers',
      'take kafka2 into the quorum of controllers',
    ])
  })

  it('has a controller that is to be none: it goes, and not because it is silent', () => {
    const one = wantedOf(
      members(fleetOf({ controllers: 1 }, { controllers: 1 }, { controllers: 1 })),
      { producers: [], sinks: [] },
      () => '',
    )
    const quiet = { ...right, users: [], rules: { rules: [], others: [] } }
    expect(differences(one, quiet).map(({ does }) => does)).toEqual([
      'take kafka2 out of the quorum of controllers',
      'take kafka3 out of the quorum of controllers',
    ])
    expect(differences(one, { ...quiet, quorum: { leader: 0, voters: [voter(0)], observers: [] } })).toEqual([])
  })

  it('has the health topic of a broker that left', () => {
    const topics = [...right.topics, ...[ids[0], 7].map(id => ({ name: `fleet.health.${id}`, internal: false, partitions: [] }))]
    expect(told({ topics })).toEqual(['remove topic fleet.health.7, of a broker that has left'])
  })

  it('has too few copies of Kafka’s own topics, made when it was one broker', () => {
    const [first = 0, ...others] = ids
    const own = (replicas: readonly number[]) => ({
      name: '__consumer_offsets',
      internal: true,
      partitions: [{ index: 0, leader: first, replicas, inSync: replicas }],
    })
    const [readings] = right.topics
    const seen = { ...right, topics: [...(readings ? [readings] : []), own([first])] }
    const [found, ...more] = differences(wanted, seen)
    expect(found?.does).toBe('give topic __consumer_offsets, which is Kafka’s own, 3 copies')
    expect(found?.change).toMatchObject({ move: [{ topic: '__consumer_offsets', partition: 0 }] })
    const { move = [] } = found?.change as { readonly move?: readonly { readonly to: readonly number[] }[] }
    expect([...(move[0]?.to ?? [])].sort((a, b) => a - b)).toEqual([...ids].sort((a, b) => a - b))
    expect(more).toEqual([])
    // Once they are there nothing is to be done; while a broker is away nothing is begun.
    expect(told({ topics: [...seen.topics.slice(0, 1), own([first, ...others])] })).toEqual([])
    expect(differences(wanted, { ...seen, brokers: seen.brokers.slice(1) })).toEqual([])
  })

  it('has the account of a producer that left; others are somebody’s own', () => {
    const rule = { operation: 'write', resource: 'topic', name: 'temperature' } as const
    const rules = [...wanted.rules, { user: 'producer.gone', ...rule }, { user: 'person', ...rule }]
    expect(told({ users: ['person', 'producer.gone', 'producer.pi1'], rules: { rules, others: [] } })).toEqual([
      'close account producer.gone',
      'allow no longer producer.gone write topic temperature',
    ])
  })
})

describe('sinks', () => {
  const sinks = [{ host: { name: 'mysql' }, group: 'sink.mariadb' }]
  const withSink = wantedOf(all, { producers: [{ name: 'pi1' }], sinks }, secret => `password of ${secret}`)
  const of = (seen: Partial<ClusterSeen>) => differences(withSink, { ...right, ...seen }).map(({ does }) => does)

  it('have an account each, that may read the topic, commit as its group, and keep its dead letters; and a topic for these', () => {
    expect(of({})).toEqual([
      'make topic temperature.dead: 1 partitions by the brokers’ weights, 1 of each',
      'make account sink.mysql',
      'allow sink.mysql read topic temperature; sink.mysql read group sink.mariadb; sink.mysql write topic temperature.dead; ' +
        'sink.mysql read topic temperature.dead; sink.mysql read group sink.mariadb.dead',
    ])
    expect(withSink.accounts).toContainEqual({ user: 'sink.mysql', host: 'mysql', password: 'password of kafka/sink.mysql' })
  })

  it('dead letters stay for ever, whatever the readings do', () => {
    const short = members(fleetOf({ retention: 7 }))
    const { topic, deadLetters } = wantedOf(short, { producers: [], sinks }, () => '')
    expect([topic.configs['retention.ms'], deadLetters?.configs['retention.ms']]).toEqual([String(7 * 86_400_000), '-1'])
  })

  it('that left lose their account, and their dead letters stay', () => {
    const seen = {
      topics: [...right.topics, { name: 'temperature.dead', internal: false, partitions: [] }],
      users: [...right.users, 'sink.mysql'],
      rules: { rules: withSink.rules, others: [] },
    }
    const left = told(seen)
    expect(left[0]).toBe('close account sink.mysql')
    expect(left[1]).toMatch(/^allow no longer sink\.mysql read topic temperature; /)
    expect(left).toHaveLength(2)
  })
})

describe('whether a broker may be done without', () => {
  const partition = { index: 0, leader: 1, replicas: [1, 2], inSync: [1, 2] }
  const of = (more: Partial<typeof partition>) => [{ name: 't', internal: false, partitions: [{ ...partition, ...more }] }]

  const health = { internal: false, partitions: [{ index: 0, leader: -1, replicas: [3], inSync: [3] }] }

  it('it may where each partition has all of its copies, those on itself aside', () => {
    expect(notWhole(of({}), 2)).toEqual([])
    expect(notWhole(of({ inSync: [1] }), 2)).toEqual([])
    expect(notWhole(of({ inSync: [1] }), 1)).toEqual(['t-0 lacks its copy on 2'])
    expect(notWhole(of({ inSync: [1] }))).toEqual(['t-0 lacks its copy on 2'])
    expect(notWhole(of({ leader: -1, replicas: [3], inSync: [3] }), 1)).toEqual(['t-0 has no leader'])
    expect(notWhole(of({ leader: -1, replicas: [3], inSync: [3] }), 3)).toEqual([])
    expect(notWhole([{ ...health, name: 'fleet.health.3' }], 1)).toEqual([])
  })

  it('it is not stopped for good while it holds something, or is a controller', () => {
    const seen = (replicas: readonly number[], voters: readonly number[]) =>
      whyItStays('pi', 1, {
        storage: {},
        quorum: { voters: voters.map(id => ({ id })) },
        topics: [{ name: 't', partitions: [{ replicas }] }],
      })?.message
    expect(seen([1, 2], [2])).toContain('holds 1 partitions of t')
    expect(seen([2], [1, 2])).toContain('is a controller still')
    expect(seen([2], [2])).toBeUndefined()
  })
})

describe('how a broker is', () => {
  const page = (under: number) =>
    `kafka_server_partitioncount 14.0\nkafka_server_leadercount 6.0\nkafka_server_underreplicatedpartitions ${under}.0\nkafka_log_size_bytes{topic="t",partition="0"} 1048576.0\nkafka_log_size_bytes{topic="t",partition="1"} 1048576.0\n`
  it('is read from its figures', () => {
    expect(readKafka(`${page(0)}version kafka-server-4.4.0.jar\n`, 0.5)).toEqual({
      wrong: [],
      warns: ['the guard of its card does not answer'],
      says: ['Kafka 4.4.0', 'leads 6 of 14 partitions it holds, and is to lead 50 % of all', 'holds 2.0 MiB'],
    })
    expect(readKafka(page(2), 0.5).wrong).toEqual(['2 of the 6 partitions it leads lack a copy: is a broker down?'])
    expect(readKafka('', 1)).toEqual({ wrong: ['it runs and does not answer'] })
  })
})

// The check value of CRC-32C.
it('a batch carries the sum Kafka asks for', () => expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283))
