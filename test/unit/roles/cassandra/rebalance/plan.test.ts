import { describe, expect, it } from 'vitest'
import { commandsOf } from '../../../../../roles/cassandra/rebalance/words.ts'
import { planRebalance } from '../../../../../roles/cassandra/rebalance/plan.ts'
import { meaningOf } from '../../../../../roles/cassandra/rebalance/steps.ts'
import { but, situation } from './situations.ts'

const ringDelay = 30
const two = situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 } })
const states = (plan: ReturnType<typeof planRebalance>) => plan.steps.map(({ state, node }) => `${node} ${state}`)

describe('the way to other weights', () => {
  it('is one node that leaves and rejoins, and a cleanup of the other', () => {
    const plan = planRebalance(two, { ringDelay, only: ['b'] })
    expect(states(plan)).toEqual([
      'b decommission',
      'b confirm',
      'b stop',
      'b aside',
      'b place',
      'b start',
      'b join',
      'b settle',
      'a cleanup',
      'b forget',
    ])
    const b = plan.nodes.find(({ node }) => node === 'b')
    expect(b?.owns.map(share => share.toFixed(3))).toEqual(['0.500', '0.667', '0.667'])
    expect(plan.steps.find(({ state }) => state === 'place')).toMatchObject({ seeds: ['address-of-a'] })
  })

  it('makes the other its own seed while the only seed is away, and takes that back', () => {
    const plan = planRebalance(two, { ringDelay, only: ['a'] })
    expect(states(plan)).toEqual([
      'b promote',
      'a decommission',
      'a confirm',
      'a stop',
      'a aside',
      'a place',
      'a start',
      'a join',
      'a settle',
      'b settle',
      'b cleanup',
      'a forget',
    ])
    expect(plan.steps[0]).toMatchObject({ seeds: ['address-of-b'] })
    expect(plan.steps.find(({ state }) => state === 'place')).toMatchObject({ seeds: ['address-of-b'] })
  })

  it('makes a node its own seed also where its seeds leave one after the other', () => {
    const three = situation({ now: { a: 1, b: 1, c: 1 }, weights: { b: 1, c: 4 }, seeds: { c: ['a', 'b'], b: ['a'], a: ['a'] } })
    const plan = planRebalance(three, { ringDelay })
    expect(states(plan)).toContain('a decommission')
    const left = states(plan).indexOf('b decommission')
    if (left >= 0) expect(states(plan).slice(0, left)).toContain('c promote')
    else expect(states(plan)).toContain('b promote')
  })

  it('removes at its end what it, or an earlier run, has moved aside', () => {
    expect(states(planRebalance(but(two, 'a', { aside: 5000 }), { ringDelay, only: ['b'] })).slice(-2)).toEqual(['b forget', 'a forget'])
    const settled = situation({ now: { a: 1, b: 2 }, weights: { a: 10, b: 20 } })
    expect(states(planRebalance(but(settled, 'a', { aside: 5000 }), { ringDelay }))).toEqual(['a forget'])
  })

  it('is empty where every node owns its share', () => {
    const plan = planRebalance(situation({ now: { a: 1, b: 2 }, weights: { a: 10, b: 20 } }), { ringDelay })
    expect(plan).toMatchObject({ steps: [], seconds: 0, streams: 0 })
  })

  it('lets a node leave for good, and forgets its place', () => {
    const plan = planRebalance(situation({ now: { a: 1, b: 1, c: 1 }, weights: { a: 1, b: 1 } }), { ringDelay, only: ['c'] })
    expect(states(plan).slice(0, 4)).toEqual(['c decommission', 'c confirm', 'c stop', 'c aside'])
    expect(states(plan)).not.toContain('c start')
  })

  it('lets a host join by provision, with its place written before', () => {
    const plan = planRebalance(situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 1, c: 2 } }), { ringDelay })
    expect(states(plan)).toEqual(['c place', 'c provision', 'c join', 'c settle', 'a cleanup', 'b cleanup'])
    expect(plan.nodes.find(({ node }) => node === 'c')?.owns[2]).toBeCloseTo(0.5, 3)
  })

  it('counts bytes: what leaves, what comes back, and what the others hold meanwhile', () => {
    const MiB = 2 ** 20
    const plan = planRebalance(two, { ringDelay, only: ['b'] })
    const by = new Map(plan.nodes.map(node => [node.node, node]))
    expect(by.get('b')?.out).toBeCloseTo(150 * MiB, -3)
    expect(by.get('b')?.in).toBeCloseTo(200 * MiB, -3)
    expect(by.get('a')?.peak).toBeCloseTo(300 * MiB, -3)
    // What it held before, moved aside, and its new share beside it.
    expect(by.get('b')?.peak).toBeCloseTo(350 * MiB, -3)
    expect(plan.streams).toBeCloseTo(350 * MiB, -3)
    // Two waits for the ring, one start, and 350 MiB at 5 MiB/s.
    expect(plan.seconds).toBeGreaterThan(120 + 70)
  })

  it('is said in words and commands, step by step', () => {
    for (const step of planRebalance(two, { ringDelay, only: ['a'] }).steps) {
      expect(meaningOf(step)).not.toBe('')
      expect(commandsOf(step).join()).not.toMatch(/undefined|\[object/)
    }
    expect(commandsOf({ state: 'decommission', node: 'a' })[0]).toMatch(/^nodetool decommission --force /)
  })
})
