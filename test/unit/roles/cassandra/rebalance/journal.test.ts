import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { standing } from '../../../../../roles/cassandra/rebalance/abort.ts'
import { furthest, readJournal, removeJournal, writeJournal, type Journal } from '../../../../../roles/cassandra/rebalance/journal.ts'
import { planRebalance } from '../../../../../roles/cassandra/rebalance/plan.ts'
import type { State } from '../../../../../roles/cassandra/rebalance/steps.ts'
import { but, situation } from './situations.ts'

const folder = mkdtempSync(join(tmpdir(), 'temperature-fleet-journal-'))
const inventory = join(folder, 'pi.yaml')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const two = situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 } })
const journal: Journal = { id: 'one', fleet: 'pi', began: '2026-01-01T00:00:00Z', hosts: ['a', 'b'], weights: { a: 1, b: 2 }, steps: planRebalance(two, { ringDelay: 30, only: ['a'] }).steps, at: 0 }
const at = (state: State): Journal => ({ ...journal, at: journal.steps.findIndex(step => step.state === state) })

describe('a journal', () => {
  it('comes back as it was written, and leaves nothing beside it', async () => {
    expect(readJournal(inventory)).toBeUndefined()
    await writeJournal(inventory, { ...journal, at: 3 })
    expect(readJournal(inventory)).toEqual({ ...journal, at: 3 })
    expect(readdirSync(folder)).toEqual(['pi.rebalance.json'])
    removeJournal(inventory)
    expect(readJournal(inventory)).toBeUndefined()
  })
  it('that is none is told, with where another one is', () => {
    writeFileSync(join(folder, 'pi.rebalance.json'), '{"at": "soon"}')
    expect(() => readJournal(inventory)).toThrow(/pi\.rebalance\.json is no journal/)
  })
  it('counts by how far it is, and a later run before an earlier one', () => {
    expect(furthest([journal, { ...journal, at: 4 }, { ...journal, at: 2 }])?.at).toBe(4)
    expect(furthest([{ ...journal, at: 9 }, { ...journal, id: 'two', began: '2026-02-01T00:00:00Z', at: 1 }])?.id).toBe('two')
    expect(furthest([])).toBeUndefined()
  })
})

describe('giving up', () => {
  const said = (state: State, change: Parameters<typeof but>[2] = {}) => standing(at(state), but(two, 'a', change).members)
  it('is harmless before a node has left', () => {
    expect(said('promote')).toMatchObject({ leave: true, forget: undefined, settle: ['b'] })
    expect(said('decommission')).toMatchObject({ leave: true, says: ['a is still a node, with all its data and its old tokens'] })
  })
  it('cannot be while data streams', () => {
    expect(said('decommission', { mode: 'LEAVING' }).leave).toBe(false)
    expect(said('join', { mode: 'JOINING' }).leave).toBe(false)
  })
  it('makes a node that is out forget, so that provision can let it join', () => {
    const id = two.members.get('a')?.id
    for (const state of ['confirm', 'stop', 'wipe', 'place', 'start'] as const) expect(said(state, { mode: undefined, service: 'inactive' })).toMatchObject({ leave: true, forget: { node: 'a', id }, settle: ['b'] })
    expect(said('decommission', { mode: 'DECOMMISSIONED' }).forget).toEqual({ node: 'a', id })
  })
  it('says what is left to do at the end', () => {
    expect(said('settle')).toMatchObject({ leave: true, forget: undefined })
    expect(said('cleanup').says[0]).toContain('nodetool cleanup')
  })
})
