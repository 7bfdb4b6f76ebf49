import { describe, expect, it } from 'vitest'
import { planRebalance, type Situation } from '../../../../../roles/cassandra/rebalance/plan.ts'
import { findings, planFindings } from '../../../../../roles/cassandra/rebalance/preflight.ts'
import { but, situation } from './situations.ts'

const MiB = 2 ** 20
const two = situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 } })
const look = (at: Situation, more: { readonly silent?: ReadonlyMap<string, string>; readonly leaving?: readonly string[] } = {}) =>
  findings(at, { keyspace: 'temperature', silent: new Map(), leaving: [], ...more }).map(
    ({ refuses, what }) => `${refuses ? 'refused' : 'note'}: ${what}`,
  )
const lookAtPlan = (at: Situation, only?: readonly string[]) =>
  planFindings(at, planRebalance(at, { ringDelay: 30, ...(only && { only }) }), { keyspace: 'temperature' })

describe('before anything moves', () => {
  it('a ring that is whole and still is refused nothing', () => {
    expect(look(two)).toEqual([])
    expect(lookAtPlan(two)).toEqual([])
  })
  it('a host that does not answer is a reason', () => {
    expect(look(two, { silent: new Map([['c', 'no route']]) })).toEqual(['refused: c cannot be asked: no route'])
  })
  it('a node that is down is one, with what to do', () => {
    const sees = (two.members.get('a')?.sees ?? []).map(node => (node.address === 'address-of-b' ? { ...node, up: false } : node))
    expect(look(but(two, 'a', { sees }))).toEqual(['refused: b is DN (down) as a sees it'])
  })
  it('so is a node nobody can log in to', () => {
    expect(look(but(two, 'b', { answers: false }))).toEqual(['refused: nobody can log in to b'])
  })
  it('so are other movement, other modes, and disagreement about the schema', () => {
    expect(look(but(two, 'b', { mode: 'LEAVING' }))).toEqual(['refused: b is leaving the ring'])
    expect(look(but(two, 'b', { mode: 'JOINING' }))).toEqual(['refused: b is joining the ring'])
    expect(look(but(two, 'b', { mode: 'DRAINED' }))).toEqual(['refused: b is in mode DRAINED, not NORMAL'])
    expect(look(but(two, 'b', { schemas: ['one', 'two'] }))).toEqual([
      'refused: the nodes disagree about the schema as b sees it (2 versions)',
    ])
    expect(look(but(two, 'b', { tasks: ['compaction', 'cleanup', 'cleanup', 'validation'] }))).toEqual([
      'refused: cleanup is running on b',
      'refused: repair is running on b',
    ])
  })
  it('a stranger in the ring is one', () => {
    expect(look({ ...two, ring: [...two.ring, { name: '10.9.9.9', tokens: [5n] }] })).toEqual([
      'refused: 10.9.9.9 is a node of this ring and no host of the inventory',
    ])
  })
  it('a ring of one node has nobody to share with', () => {
    expect(look(situation({ now: { a: 1 }, weights: { a: 1 } }))).toEqual(['refused: the ring has one node: it holds everything'])
    expect(look(situation({ now: { a: 1 }, weights: {} }), { leaving: ['a'] })).toContain('refused: a is the only node: it cannot leave')
  })
  it('weights have no effect where every node has a copy of everything', () => {
    expect(look(situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 }, factor: 2 }))).toEqual([
      'refused: with 2 nodes and 2 copies of temperature each node holds everything: weights have no effect',
    ])
  })
  it('no ring at all is told as that', () => {
    const blank = situation({ now: { a: 1 }, weights: { b: 1 } })
    expect(look({ ...blank, ring: [], members: new Map([...blank.members].filter(([name]) => name === 'b')) })).toEqual([
      'refused: there is no ring: no host of the inventory runs Cassandra',
    ])
  })
})

describe('before a plan', () => {
  it('is refused where copies would not fit while a node is away', () => {
    const copies = new Map([
      ['temperature', 1],
      ['other', 2],
      ['system_auth', 2],
    ])
    const found = lookAtPlan(but(two, 'a', { copies }))
    expect(found.map(({ what }) => what)).toEqual(['other has 2 copies, and while a node is away there are 1 nodes'])
    expect(found[0]?.remedy).toContain("'dc1': '1'")
  })
  it('is refused where a card would run full, with the numbers', () => {
    const [finding] = lookAtPlan(situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 }, free: 300 * MiB }), ['b'])
    expect(finding).toMatchObject({ refuses: true, what: 'a has 300 MiB free and needs 481 MiB: it will hold 300 MiB for a while' })
  })
  it('tells where the nodes that may move are not enough', () => {
    const at = situation({ now: { a: 1, b: 1, c: 1 }, weights: { a: 4, b: 1, c: 4 } })
    const found = lookAtPlan(at, ['b'])
    expect(found.every(({ refuses }) => !refuses)).toBe(true)
    expect(found[0]?.what).toMatch(/do not reach the weights for/)
  })
  it('warns of weights too far apart, and of figures that are not there', () => {
    expect(lookAtPlan(situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 20 }, data: 0 })).map(({ what }) => what)).toEqual([
      'the weights are 20 : 1 apart',
      'nothing is on the cards yet: what streams cannot be said',
    ])
  })
})
