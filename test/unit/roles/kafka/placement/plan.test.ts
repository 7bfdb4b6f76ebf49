import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planPlacement, type PlacementPlan, type Topic } from '../../../../../roles/kafka/placement/plan.ts'
import { coarseness, copyShares, leaderShares, partitionsFor, type Broker } from '../../../../../roles/kafka/placement/targets.ts'
import { fewestCopies } from './brute.ts'

const brokersOf = (...weights: readonly number[]): Broker[] => weights.map((weight, index) => ({ id: index + 1, weight }))

/** The topic once all moves of a plan are done. */
const after = (topic: Topic, { moves }: PlacementPlan): Topic => ({
  ...topic,
  partitions: topic.partitions.map(partition => ({
    ...partition,
    replicas: moves.find(move => move.partition === partition.index)?.to ?? partition.replicas,
  })),
})

const topicOf = (copies: number, ...replicas: readonly (readonly number[])[]): Topic => ({
  name: 't',
  copies,
  partitions: replicas.map((each, index) => ({ index, replicas: each })),
})
const copied = ({ moves }: PlacementPlan) => moves.reduce((sum, { bytes }) => sum + bytes, 0)

/** Brokers of any weights, some of them gone or new, and a topic that lies on them anyhow. */
const situations = (mostBrokers: number, mostPartitions: number) =>
  fc
    .record({
      weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: mostBrokers }),
      gone: fc.integer({ min: 0, max: 2 }),
      count: fc.integer({ min: 1, max: mostPartitions }),
      copies: fc.integer({ min: 1, max: 3 }),
      seed: fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 3 * mostPartitions, maxLength: 3 * mostPartitions }),
      bytes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: mostPartitions, maxLength: mostPartitions }),
    })
    .map(({ weights, gone, count, copies, seed, bytes }) => {
      const brokers = brokersOf(...weights)
      const there = [...brokers.map(({ id }) => id), ...Array.from({ length: gone }, (_, index) => 100 + index)]
      const topic: Topic = {
        name: 't',
        copies: Math.min(copies, brokers.length),
        partitions: Array.from({ length: count }, (_, index) => {
          const rest = [...there]
          const replicas = Array.from({ length: Math.min(copies, there.length) }, (_none, copy) => {
            const [taken] = rest.splice((seed[index * 3 + copy] ?? 0) % rest.length, 1)
            return taken as number
          })
          return { index, replicas, bytes: bytes[index] ?? 1 }
        }),
      }
      return { brokers, topic }
    })

describe('shares of brokers', () => {
  it('follow the weights, and no broker holds a partition twice', () => {
    expect([...copyShares(brokersOf(1, 1, 2), 8, 2).values()].map(({ exact }) => exact)).toEqual([4, 4, 8])
    expect([...copyShares(brokersOf(1, 1, 8), 10, 2).values()].map(({ exact }) => exact)).toEqual([5, 5, 10])
    expect([...copyShares(brokersOf(1, 5), 6, 2).values()].map(({ exact }) => exact)).toEqual([6, 6])
  })

  it.for<[number[], number]>([
    [[10], 12],
    [[1, 1, 2], 12],
    [[6, 10], 13],
    [[1, 75], 70],
  ])('of weights %j are within a tenth with %i partitions', ([weights, partitions]) => {
    const brokers = brokersOf(...weights)
    expect(partitionsFor(brokers)).toBe(partitions)
    expect(coarseness(brokers, partitions)).toBeLessThanOrEqual(0.1)
  })
})

describe('a placement', () => {
  it('of three brokers 1:1:2 from one that has all', () => {
    const topic = topicOf(1, ...Array.from({ length: 12 }, () => [1]))
    const plan = planPlacement(brokersOf(1, 1, 2), [topic])
    expect(plan.loads.get('t')?.map(({ leads }) => leads)).toEqual([3, 3, 6])
    expect(copied(plan)).toBe(9)
  })

  it('takes everything from a broker that goes, and nothing else moves', () => {
    const topic = topicOf(2, [1, 2], [2, 3], [3, 1], [1, 3], [2, 1], [3, 2])
    const plan = planPlacement([brokersOf(1, 1, 1)[0] as Broker, brokersOf(1, 1, 1)[1] as Broker], [topic])
    expect(after(topic, plan).partitions.flatMap(({ replicas }) => replicas)).not.toContain(3)
    expect(copied(plan)).toBe(4)
  })

  it('only changes leaders where copies lie right already', () => {
    const topic = topicOf(2, [1, 2], [1, 2], [1, 2], [1, 2])
    const plan = planPlacement(brokersOf(1, 1), [topic])
    expect(plan.moves.map(({ to, copiedTo }) => [to, copiedTo])).toEqual([
      [[2, 1], []],
      [[2, 1], []],
    ])
  })

  it('raises the number of copies, and lowers it without copying', () => {
    expect(copied(planPlacement(brokersOf(1, 1), [topicOf(2, [1], [2])]))).toBe(2)
    expect(copied(planPlacement(brokersOf(1, 1), [topicOf(1, [1, 2], [2, 1])]))).toBe(0)
  })

  it('moves the small ones where it may choose', () => {
    const topic: Topic = { name: 't', copies: 1, partitions: [5, 1, 5, 1].map((bytes, index) => ({ index, replicas: [1], bytes })) }
    expect(planPlacement(brokersOf(1, 1), [topic]).moves.map(({ partition }) => partition)).toEqual([1, 3])
  })

  it('more copies than brokers are refused', () => {
    expect(() => planPlacement(brokersOf(1), [topicOf(2, [1, 2])])).toThrow('2 copies of each partition, and 1 broker is left')
  })

  it('whatever the weights and wherever partitions lie: within one partition of each share, never twice on a broker, and a second plan has no moves', () => {
    fc.assert(
      fc.property(situations(7, 24), ({ brokers, topic }) => {
        const plan = planPlacement(brokers, [topic])
        const done = after(topic, plan)
        const count = topic.partitions.length
        const [leaders, copies] = [leaderShares(brokers, count), copyShares(brokers, count, topic.copies)]
        for (const { replicas } of done.partitions) {
          expect(new Set(replicas).size).toBe(topic.copies)
          for (const id of replicas) expect(brokers.some(broker => broker.id === id)).toBe(true)
        }
        for (const { id, leads, holds } of plan.loads.get('t') ?? []) {
          expect(Math.abs(leads - (leaders.get(id)?.exact ?? NaN))).toBeLessThan(1)
          expect(holds).toBeGreaterThanOrEqual(copies.get(id)?.least ?? NaN)
          expect(holds).toBeLessThanOrEqual(copies.get(id)?.most ?? NaN)
        }
        expect(planPlacement(brokers, [done]).moves).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  it('copies the fewest bytes of all placements within the shares: as trying every one of them finds', () => {
    fc.assert(
      fc.property(situations(4, 5), ({ brokers, topic }) => {
        expect(copied(planPlacement(brokers, [topic]))).toBe(fewestCopies(brokers, topic))
      }),
      { numRuns: 400 },
    )
  })
})
