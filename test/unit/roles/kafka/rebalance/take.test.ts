import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newJournal } from '../../../../../engine/operation/index.ts'
import { giveUp, standing } from '../../../../../roles/kafka/rebalance/abort.ts'
import { operation, type Journal } from '../../../../../roles/kafka/rebalance/operation.ts'
import { planRebalance, type Situation } from '../../../../../roles/kafka/rebalance/plan.ts'
import type { Member } from '../../../../../roles/kafka/rebalance/port.ts'
import { standingOf, taking } from '../../../../../roles/kafka/rebalance/take.ts'
import { Cut, hostOf, Model } from './model.ts'

const bounds = { bytes: 40, partitions: 3 }

/** Brokers of any weights, one of them may leave, and topics that lie on them anyhow. */
const situations = fc
  .record({
    weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 }),
    leaves: fc.boolean(),
    counts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 2 }),
    copies: fc.integer({ min: 1, max: 2 }),
    asked: fc.integer({ min: 1, max: 3 }),
    seed: fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 60, maxLength: 60 }),
    cuts: fc.array(fc.boolean(), { minLength: 10, maxLength: 60 }),
    again: fc.array(fc.boolean(), { minLength: 10, maxLength: 20 }),
  })
  .map(({ weights, leaves, counts, copies, asked, seed, ...rest }) => {
    const ids = weights.map((_, index) => index + 1)
    const leave = leaves && weights.length > 2 ? ids.slice(-1) : []
    let at = 0
    const next = (below: number) => (seed[at++ % seed.length] ?? 0) % below
    const partitions = counts.flatMap((count, topic) =>
      Array.from({ length: count }, (_, index) => {
        const from = [...ids]
        const replicas = Array.from({ length: copies }, () => from.splice(next(from.length), 1)[0] as number)
        return { topic: topic === 0 ? 'temperature' : '__offsets', index, bytes: next(50), replicas }
      }),
    )
    // More or fewer copies than there were, or as many.
    const wanted = new Map([['temperature', Math.min(asked, ids.length - leave.length)]])
    return { weights, ids, leave, partitions, wanted, ...rest }
  })

async function begin({ weights, ids, leave, partitions, wanted }: Parameters<typeof modelOf>[0] & Pick<Situation, 'wanted'>) {
  const model = modelOf({ weights, ids, leave, partitions })
  const members = new Map<string, Member>()
  for (const id of ids) members.set(hostOf(id), await model.member(hostOf(id)))
  const situation: Situation = {
    members,
    stay: ids.filter(id => !leave.includes(id)).map(id => ({ name: hostOf(id), id, weight: weights[id - 1] ?? 1 })),
    leave: leave.map(id => ({ name: hostOf(id), id, dead: false })),
    wanted,
  }
  const plan = planRebalance(situation, bounds)
  const journal = newJournal({
    fleet: 'f',
    owner: 'o',
    hosts: ids.map(hostOf),
    last: 0,
    about: {
      weights: Object.fromEntries(situation.stay.map(({ name, weight }) => [name, weight])),
      cluster: 'model',
      ids: Object.fromEntries(ids.map(id => [hostOf(id), id])),
    },
    steps: plan.steps,
  }) as Journal
  return { model, plan, journal, situation }
}

function modelOf({
  ids,
  partitions,
}: {
  readonly weights: readonly number[]
  readonly ids: readonly number[]
  readonly leave: readonly number[]
  readonly partitions: ConstructorParameters<typeof Model>[1]
}): Model {
  return new Model(ids, partitions)
}

/** Takes all steps; a cut one is taken again, and now and then the one before it, whose end was not written down. */
async function carry(model: Model, journal: Journal, again: readonly boolean[], upTo = journal.steps.length): Promise<void> {
  const take = taking({ hosts: model, clock: model.clock, interval: 1 })
  let rounds = 0
  for (let at = 0; at < upTo; ) {
    try {
      const step = journal.steps[at]
      if (step) await take(step, { ...journal, at }, () => {})
      at++
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      if (again[rounds++ % again.length] && at > 0 && !['stop', 'unregister'].includes(journal.steps[at - 1]?.state ?? '')) at--
    }
  }
}

describe('the steps of a rebalance', { timeout: 60_000 }, () => {
  it('lead from any placement to that of the plan, wherever they are cut; never more under way than the bounds; unthrottled at the end', async () => {
    await fc.assert(
      fc.asyncProperty(situations, async given => {
        const { model, plan, journal, situation } = await begin(given)
        let calls = 0
        const limit = given.cuts.length
        model.cuts = () => calls < limit && given.cuts[calls++] === true
        await carry(model, journal, given.again)
        for (const { topic, partition, to } of plan.moves)
          expect(model.partitions.find(each => each.topic === topic && each.index === partition)?.replicas).toEqual(to)
        for (const { topic, leader, replicas } of model.partitions) {
          expect(leader).toBe(replicas[0])
          if (topic === 'temperature') expect(replicas).toHaveLength(given.wanted.get(topic) ?? 0)
        }
        expect(model.most.partitions).toBeLessThanOrEqual(bounds.partitions)
        if (model.most.bytes > bounds.bytes)
          expect(plan.steps.some(step => step.state === 'move' && step.moves.length === 1 && step.bytes === model.most.bytes)).toBe(true)
        expect([model.rate, model.slowed, model.unbounded]).toEqual([undefined, [], 0])
        for (const { id } of situation.leave) {
          expect(model.brokers).not.toContain(id)
          expect(model.registered).not.toContain(id)
          expect(model.voters).not.toContain(id)
        }
        // A journal of these steps can be read again.
        expect(operation.journal.safeParse(JSON.parse(JSON.stringify(journal))).success).toBe(true)
        // There is nothing left to do, where nobody has left.
        model.cuts = () => false
        const after = new Map<string, Member>()
        for (const { name } of situation.stay) after.set(name, await model.member(name))
        expect(planRebalance({ ...situation, members: after, leave: [] }, bounds).steps).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('can be given up at any of them: nothing on its way, nothing slowed down, every partition whole and led by its first broker', async () => {
    await fc.assert(
      fc.asyncProperty(situations, fc.nat(30), fc.integer({ min: 1, max: 3 }), async (given, upTo, calls) => {
        const { model, journal } = await begin(given)
        const at = Math.min(upTo, journal.steps.length)
        await carry(model, journal, [false], at)
        // The step at hand is cut somewhere in its middle.
        let left = 2 * calls
        model.cuts = () => left-- <= 0
        const step = journal.steps[at]
        await taking({ hosts: model, clock: model.clock, interval: 1 })(
          step ?? { state: 'prefer', node: 'kafka1' },
          journal,
          () => {},
        ).catch((error: unknown) => {
          if (!(error instanceof Cut)) throw error
        })
        model.cuts = () => false
        const before = model.partitions.map(({ replicas }) => replicas)
        const now = standing({ ...journal, at }, 'kafka1', await model.seen())
        expect(now.leave).toBe(true)
        await giveUp(now, model, model.clock, 1)
        const seen = await model.seen()
        expect(seen.moves).toEqual([])
        expect([model.rate, model.slowed]).toEqual([undefined, []])
        expect(model.partitions.map(({ replicas }) => replicas)).toEqual(before)
        for (const { leader, replicas } of model.partitions) expect(leader).toBe(replicas[0])
      }),
      { numRuns: 150 },
    )
  })

  it('wait no longer than ten minutes for a copy that does not come', async () => {
    const { model, journal } = await begin({
      weights: [1, 1],
      ids: [1, 2],
      leave: [],
      wanted: new Map(),
      partitions: [0, 1].map(index => ({ topic: 't', index, bytes: 10, replicas: [1] })),
    })
    const stuck = { now: model.clock.now, pause: async (seconds: number) => void (model.now += seconds * 1000) }
    const step = journal.steps.find(({ state }) => state === 'move')
    if (!step) throw new Error('no move')
    await expect(taking({ hosts: model, clock: stuck, interval: 5 })(step, journal, () => {})).rejects.toThrow(
      /^for 10 min nothing of t-\d was copied; 10 B are left/,
    )
  })

  it('are taken in the cluster they were planned for, and in no other', async () => {
    const { model, journal } = await begin({
      weights: [1, 1],
      ids: [1, 2],
      leave: [],
      wanted: new Map(),
      partitions: [0, 1].map(index => ({ topic: 't', index, bytes: 10, replicas: [1] })),
    })
    const step = journal.steps[0]
    if (!step) throw new Error('no step')
    await expect(
      taking({ hosts: model, clock: model.clock, interval: 1 })(step, { ...journal, cluster: 'other' }, () => {}),
    ).rejects.toThrow('kafka1 is in the cluster model, and this run is about other')
    expect(standing({ ...journal, cluster: 'other' }, 'kafka1', await model.seen()).leave).toBe(false)
    expect(standing(journal, undefined, undefined).leave).toBe(false)
  })
})

it('a partition stands where it is only once every copy is complete', () => {
  const place = { topic: 't', partition: 0, to: [2, 1] }
  const at = (replicas: number[], inSync: number[], removing?: number[]) =>
    standingOf(place, {
      topics: [{ name: 't', internal: false, partitions: [{ index: 0, leader: 1, replicas, inSync }] }],
      moves: removing ? [{ topic: 't', partition: 0, adding: [2], removing }] : [],
    })
  expect(at([1, 3], [1, 3])).toBe('to send')
  // The same brokers in another order: another one is to lead.
  expect(at([1, 2], [1, 2])).toBe('to send')
  expect(at([2, 1, 3], [1, 3], [3])).toBe('under way')
  // On its way to somewhere else.
  expect(at([3, 1, 2], [1, 2], [2])).toBe('to send')
  expect(at([2, 1], [1])).toBe('under way')
  expect(at([2, 1], [1, 2])).toBe('there')
  // A topic that is gone has nothing to move.
  expect(standingOf(place, { topics: [], moves: [] })).toBe('there')
})
