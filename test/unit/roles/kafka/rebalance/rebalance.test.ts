import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../../engine/errors.ts'
import type { RoleTools } from '../../../../../engine/operation/index.ts'
import { rebalance } from '../../../../../roles/kafka/rebalance/course.ts'
import type { Member } from '../../../../../roles/kafka/rebalance/port.ts'
import { begins, brokersOf, outlookOf } from '../../../../../roles/kafka/rebalance/rebalance.ts'
import { batchesOf } from '../../../../../roles/kafka/rebalance/plan.ts'
import { outlookText } from '../../../../../roles/kafka/rebalance/text.ts'
import { fleetOf } from '../fleet.ts'

const fleetWith = (replication: number) => fleetOf(...[1, 1, 2].map((weight, index) => ({ nodeId: index + 1, weight, replication })))
const fleet = fleetWith(1)
const MiB = 2 ** 20

interface Given {
  readonly topic: string
  readonly replicas: readonly number[]
  readonly inSync?: readonly number[]
  readonly bytes?: number
}

/** What brokers 1, 2, 3 say, as far as they answer. */
function survey(partitions: readonly Given[], more: Partial<Member> = {}, silent: readonly number[] = [], free = 1e12) {
  const names = [...new Set(partitions.map(({ topic }) => topic))]
  const each = names.map(name => ({
    name,
    internal: name.startsWith('__'),
    partitions: partitions
      .filter(({ topic }) => topic === name)
      .map(({ replicas, inSync = replicas }, index) => ({
        index,
        replicas,
        inSync,
        leader: inSync.find(id => !silent.includes(id)) ?? -1,
      })),
  }))
  const ids = [1, 2, 3].filter(id => !silent.includes(id))
  const member = (id: number): Member => ({
    id,
    cluster: 'c',
    brokers: ids.map(other => ({ id: other, host: `10.0.0.${other}`, port: 9093 })),
    topics: each,
    quorum: { leader: 1, voters: [1, 2, 3].map(voter => ({ id: voter, directory: 'd' })), observers: [] },
    moves: [],
    throttles: { rate: undefined, topics: [] },
    held: {
      totalBytes: 1e12,
      usableBytes: free,
      partitions: names.flatMap(name =>
        partitions
          .filter(({ topic }) => topic === name)
          .flatMap(({ replicas, bytes = MiB }, index) => (replicas.includes(id) ? [{ topic: name, partition: index, bytes, lag: 0 }] : [])),
      ),
    },
    ...more,
  })
  return {
    answers: new Map(ids.map(id => [`kafka${id}`, member(id)])),
    silent: new Map(silent.map(id => [`kafka${id}`, 'no route to host'])),
    journals: [],
    doubtful: new Map<string, string>(),
    locked: new Map<string, string>(),
  }
}

const onOne = (count: number, replicas: readonly number[], topic = 'temperature') =>
  Array.from({ length: count }, () => ({ topic, replicas }))
const look = (said: ReturnType<typeof survey>, remove: readonly string[] = [], weights = {}, replication = 1) =>
  outlookOf(brokersOf(fleetWith(replication), remove), said, undefined, { weights, remove })
const refusals = (said: ReturnType<typeof survey>, remove: readonly string[] = [], replication = 1) =>
  look(said, remove, {}, replication)
    .findings.filter(({ refuses }) => refuses)
    .map(({ what }) => what)

describe('a rebalance', () => {
  it('plans by the weights, all topics but those by which a broker is known to work', () => {
    const { plan } = look(survey([...onOne(8, [1]), ...onOne(4, [1], '__consumer_offsets'), ...onOne(1, [1], 'fleet.health.1')]))
    expect(plan.brokers.map(({ leads }) => leads)).toEqual([
      [12, 3],
      [0, 3],
      [0, 6],
    ])
    expect(plan.steps.map(({ state }) => state)).toEqual(['throttle', 'move', 'unthrottle', 'prefer', 'verify'])
    expect(plan.copies).toBe(9 * MiB)
  })

  it('shows share, bytes and time, and what each step runs', () => {
    const text = outlookText(look(survey(onOne(8, [1]))), true)
    expect(text).toMatch(/kafka3 +2 +50\.0 % +0 → 4 +0\.0 % → 50\.0 % +0 → 4 +0 B → 4 MiB +4 MiB/)
    expect(text).toContain('6 partitions move, 6 MiB to copy at 5 MiB/s a broker')
    expect(text).toContain('kafka-admin: move temperature-2 → 2')
  })

  it('has nothing to do where all is by the weights', () => {
    const there = [1, 2, 3, 3].map(id => ({ topic: 'temperature', replicas: [id] }))
    expect(look(survey(there)).plan.steps).toEqual([])
    expect(outlookText(look(survey(there)), false)).toContain('Nothing to do')
  })

  it('only lets others lead where only that is amiss', () => {
    const there = [1, 2, 3, 3].map(id => ({ topic: 'temperature', replicas: [id] }))
    const said = survey(there)
    const other = [...said.answers].map(([name, member]) => {
      const topics = member.topics.map(topic => ({
        ...topic,
        partitions: topic.partitions.map(each => (each.index === 0 ? { ...each, leader: 2 } : each)),
      }))
      return [name, { ...member, topics }] as const
    })
    expect(look({ ...said, answers: new Map(other) }).plan.steps.map(({ state }) => state)).toEqual(['prefer', 'verify'])
  })

  it('empties a broker that leaves, then takes it out of the quorum, stops and forgets it', () => {
    const { plan } = look(survey([1, 2, 3, 3].map(id => ({ topic: 'temperature', replicas: [id] }))), ['kafka3'])
    expect(plan.brokers[2]?.holds).toEqual([2, 0])
    expect(plan.steps.map(({ state, node }) => `${node} ${state}`).slice(-3)).toEqual(['kafka3 quorum', 'kafka3 stop', 'kafka1 unregister'])
  })

  it('makes the copies that the inventory asks for, and says so', () => {
    const { plan, findings } = look(survey([1, 2, 3, 3].map(id => ({ topic: 'temperature', replicas: [id] }))), [], {}, 2)
    expect(findings.map(({ refuses, what }) => [refuses, what])).toEqual([
      [false, 'temperature gets 2 copies of each partition instead of 1: the inventory asks for it'],
    ])
    expect(plan.moves.map(({ to }) => to.length)).toEqual([2, 2, 2, 2])
    expect(plan.brokers.map(({ holds: [, planned] }) => planned).reduce((sum, held) => sum + held)).toBe(8)
    expect(plan.steps[0]).toMatchObject({ state: 'throttle', topics: ['temperature'] })
  })

  it('lets Kafka’s own topics have fewer copies where fewer brokers are left, and no readings', () => {
    const { plan, findings } = look(survey(onOne(4, [1, 2, 3], '__consumer_offsets')), ['kafka3'])
    expect(findings).toEqual([
      expect.objectContaining({
        refuses: false,
        what: '__consumer_offsets gets 2 copies of each partition instead of 3: no more brokers are left',
      }),
    ])
    expect(plan.steps).toContainEqual({ state: 'minimum', node: 'kafka1', topic: '__consumer_offsets', inSync: 1 })
    expect(refusals(survey(onOne(4, [1, 2, 3])), ['kafka3'], 3)).toEqual([
      'temperature has 3 copies of each partition, and 2 brokers are left for them',
    ])
  })
})

describe('is refused', () => {
  it('where a broker is silent, unless it is the one that is removed', () => {
    const there = [[1], [2], [1, 3], [2, 3]].map(replicas => ({ topic: 'temperature', replicas, inSync: replicas.filter(id => id !== 3) }))
    const said = survey(there, {}, [3])
    expect(refusals(said)).toContain('kafka3 cannot be asked: no route to host')
    const removed = look(said, ['kafka3'], {}, 2)
    expect(removed.findings).toEqual([])
    expect(removed.plan.steps).toContainEqual({ state: 'stop', node: 'kafka3', id: 3, dead: true })
    // Nobody counts on a word of it.
    expect(begins(fleet, removed, 'o').hosts).toEqual(['kafka1', 'kafka2'])
  })

  it('where that one has the only copy of something: how much would be lost is told', () => {
    const there = [[1], [3], [3], [2]].map(replicas => ({ topic: 'temperature', replicas }))
    expect(refusals(survey(there, {}, [3]), ['kafka3'])).toEqual([
      'kafka3 does not answer, and holds the only complete copy of 2 of 4 partitions of temperature: that would be lost',
    ])
  })

  it('where a partition lacks a copy: which one', () => {
    expect(refusals(survey([{ topic: 'temperature', replicas: [1, 2], inSync: [1] }]))).toEqual(['temperature-0 lacks its copy on 2'])
  })

  it('where somebody else moves partitions, or a broker is in another cluster, or in no inventory', () => {
    const there = onOne(4, [1])
    expect(refusals(survey(there, { moves: [{ topic: 'temperature', partition: 1, adding: [2], removing: [1] }] }))).toEqual([
      '1 partitions are on the move already, e.g. temperature-1',
    ])
    expect(refusals(survey(there, { brokers: [1, 2, 3, 9].map(id => ({ id, host: `10.0.0.${id}`, port: 1 })) }))).toEqual([
      'broker 9 at 10.0.0.9 is in this cluster and no host of the inventory',
    ])
    const said = survey(there)
    const second = said.answers.get('kafka2') as Member
    expect(refusals({ ...said, answers: new Map([...said.answers, ['kafka2', { ...second, cluster: 'other' }]]) })).toEqual([
      'kafka2 is in the cluster other, and others are in c',
    ])
  })

  it('where a card has no room, and where the only controller would leave', () => {
    const [full] = refusals(
      survey(
        [...onOne(4, [1])].map(each => ({ ...each, bytes: 400 * MiB })),
        {},
        [],
        500 * MiB,
      ),
    )
    expect(full).toMatch(/^kafka\d has 500 MiB free and needs .*: it is sent/)
    const one = { quorum: { leader: 1, voters: [{ id: 1, directory: 'd' }], observers: [] } }
    expect(refusals(survey(onOne(4, [1]), one), ['kafka1'])).toEqual(['kafka1 is the only controller: the cluster cannot do without it'])
  })

  it('where the command line cannot be meant', () => {
    const course = (names: readonly string[], flags: object) => rebalance.course({ fleet, names, flags }, {} as RoleTools)
    expect(() => course(['kafka1'], {})).toThrow(UsageError)
    expect(() => course([], { resume: true, weights: 'kafka1=1' })).toThrow(UsageError)
    expect(() => course([], { weights: 'kafka9=1' })).toThrow('there is no node "kafka9"')
    expect(() => course([], { remove: ['other'] })).toThrow('there is no host "other"')
    expect(() => rebalance.course({ fleet: { ...fleet, hosts: [] }, names: [], flags: {} }, {} as RoleTools)).toThrow(
      'no host of the fleet',
    )
  })
})

it('batches hold no more than their bounds, but for one partition that is larger alone', () => {
  const move = (partition: number, bytes: number) => ({ topic: 't', partition, from: [1], to: [2], copiedTo: [2], bytes })
  const batches = batchesOf([move(0, 6), move(1, 6), move(2, 50), move(3, 1), move(4, 1)], { bytes: 12, partitions: 2 })
  expect(batches.map(({ moves, bytes }) => [moves.map(({ partition }) => partition), bytes])).toEqual([
    [[0, 1], 12],
    [[2], 50],
    [[3, 4], 2],
  ])
})
