import { describe, expect, it } from 'vitest'
import type { NodeState } from '../../../../../roles/cassandra/node/index.ts'
import { standing, type AtHand } from '../../../../../roles/cassandra/rebalance/abort.ts'
import { planRebalance } from '../../../../../roles/cassandra/rebalance/plan.ts'
import type { State } from '../../../../../roles/cassandra/rebalance/steps.ts'
import { situation } from './situations.ts'

const two = situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 } })
const { steps } = planRebalance(two, { ringDelay: 30, only: ['a'] })
const normal: NodeState = {
  service: 'active',
  restarts: 0,
  mode: 'NORMAL',
  streams: { sent: 0, toSend: 0, received: 0, toReceive: 0 },
  addresses: ['10.0.0.1'],
  remains: true,
  tokens: ['1'],
  alone: false,
  leaving: 'none',
  cleaning: 'none',
}
const off: Partial<NodeState> = { mode: undefined, service: 'inactive' }
const said = (state: State, change: Partial<NodeState> = {}, rest: Partial<AtHand> = {}) =>
  standing({ steps, at: steps.findIndex(step => step.state === state) }, { own: { ...normal, ...change }, known: [], doubts: [], ...rest })
const leaving = ['decommission', 'confirm', 'stop', 'aside'] as const
const entering = ['place', 'start', 'join'] as const

describe('giving up', () => {
  it('is harmless before a node has left', () => {
    expect(said('promote')).toMatchObject({ leave: true, aside: undefined, settle: ['b'] })
    expect(said('decommission')).toMatchObject({ leave: true, says: ['a is still a node, with all its data and its tokens'] })
  })

  it('cannot be while data streams, nor while the node cannot be asked', () => {
    expect(said('decommission', { mode: 'LEAVING' }).leave).toBe(false)
    expect(said('join', { mode: 'JOINING' }).leave).toBe(false)
    expect(standing({ steps, at: 2 }, { own: undefined, known: [], doubts: [] }).leave).toBe(false)
  })

  it('moves the data of a node aside only where everybody agrees that it has left', () => {
    for (const state of leaving) {
      expect(said(state, off)).toMatchObject({ leave: true, aside: 'a', settle: ['b'] })
      expect(said(state, { mode: 'DECOMMISSIONED' }).aside).toBe('a')
      expect(said(state, off, { doubts: ['b cannot be asked'] })).toMatchObject({ leave: false, aside: undefined })
      expect(said(state, off, { known: ['b lists it'], doubts: ['b lists it'] })).toMatchObject({ leave: true, aside: undefined })
    }
  })

  it('leaves the data of a node that serves, wherever the journal stands', () => {
    for (const state of [...leaving, ...entering, 'settle', 'cleanup', 'forget'] as const)
      expect(said(state)).toMatchObject({ leave: true, aside: undefined, unplace: undefined })
  })

  it('waits for a node that is about to join, though it answers nobody for the moment', () => {
    for (const service of ['active', 'activating'])
      for (const state of entering)
        expect(said(state, { mode: undefined, service })).toMatchObject({ leave: false, aside: undefined, unplace: undefined })
  })

  it('lets one that fell over while it joined keep its data, its tokens and its seeds', () => {
    expect(said('join', off)).toMatchObject({ leave: true, aside: undefined, unplace: undefined, settle: ['b'] })
  })

  it('takes the tokens of a start that never came to be', () => {
    for (const state of entering)
      expect(said(state, { ...off, remains: false })).toMatchObject({ leave: true, aside: undefined, unplace: 'a', settle: ['b'] })
  })

  it('says what is left to do at the end, and what stays on the card', () => {
    expect(said('cleanup').says[0]).toContain('nodetool cleanup')
    expect(said('cleanup').says.at(-1)).toBe(
      'what a held before stays on its card, moved aside; a later rebalance that comes to its end removes it',
    )
  })
})
