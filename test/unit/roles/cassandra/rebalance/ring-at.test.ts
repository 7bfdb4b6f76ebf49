import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sealed, unsealed } from '../../../../../engine/operation/index.ts'
import { operation, type Journal } from '../../../../../roles/cassandra/rebalance/operation.ts'
import { planRebalance } from '../../../../../roles/cassandra/rebalance/plan.ts'
import { ringAt, tokensAt } from '../../../../../roles/cassandra/rebalance/ring-at.ts'
import { situation } from './situations.ts'

const two = situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 } })
const id = (name: string) => two.members.get(name)?.id ?? ''
const journal: Journal = {
  number: 3,
  id: 'b5f1f0a4-6c0e-4f43-9d0b-5c3f0d1f1c11',
  fleet: 'pi',
  began: '2026-01-01T00:00:00Z',
  owner: 'pi@desk (rebalance, process 7, since 2026-01-01T00:00:00Z)',
  hosts: ['a', 'b'],
  weights: { a: 1, b: 2 },
  keyspace: 'temperature',
  ids: { a: id('a'), b: id('b') },
  steps: planRebalance(two, { ringDelay: 30, only: ['a'] }).steps,
  at: 0,
}
const seal = { fleet: 'pi', key: 'secret' }

describe('the journal of a rebalance', () => {
  it('cannot carry words for a shell, even sealed', () => {
    const place = { state: 'place' as const, node: 'a', tokens: ['1; reboot'], seeds: ['10.0.0.1'] }
    const read = (change: Partial<Journal>) => unsealed(sealed({ ...journal, ...change }, seal), seal, operation)
    expect(read({})).toEqual(journal)
    expect(read({ keyspace: "x'; reboot; '" })).toHaveProperty('doubtful')
    expect(read({ steps: [place] })).toHaveProperty('doubtful')
    expect(read({ steps: [{ ...place, tokens: ['1'], seeds: ['$(reboot)'] }] })).toHaveProperty('doubtful')
  })

  it('is read as it was written before operations had a room of their own', () => {
    const text = readFileSync(join(import.meta.dirname, 'model', 'stored-journal.txt'), 'utf8')
    const read = unsealed(text, { fleet: 'model', key: 'a secret of the model' }, operation)
    expect(read).toMatchObject({ number: 1, weights: { n1: 1, n2: 2 }, keyspace: 'temperature', at: 5 })
    expect(read).not.toHaveProperty('owner')
  })

  it('knows which nodes the ring has at each step, and with which tokens one starts', () => {
    const at = (state: string) => ({ ...journal, at: journal.steps.findIndex(step => step.state === state) })
    expect([...ringAt(at('decommission')).keys()]).toEqual(['a', 'b'])
    for (const state of ['confirm', 'aside', 'place', 'join']) expect([...ringAt(at(state)).keys()]).toEqual(['b'])
    expect([...ringAt(at('cleanup')).keys()]).toEqual(['a', 'b'])
    expect(tokensAt(at('aside'), 'a')).toEqual([])
    expect(tokensAt(at('join'), 'a').length).toBeGreaterThan(1)
  })
})
