import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ownJournal } from '../../../../../roles/cassandra/rebalance/journal-file.ts'
import {
  ringAt,
  sealed,
  tokensAt,
  unfinishedOf,
  unsealed,
  writesJournal,
  type Journal,
} from '../../../../../roles/cassandra/rebalance/journal.ts'
import { planRebalance } from '../../../../../roles/cassandra/rebalance/plan.ts'
import { situation } from './situations.ts'

const folder = mkdtempSync(join(tmpdir(), 'temperature-fleet-journal-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const two = situation({ now: { a: 1, b: 1 }, weights: { a: 1, b: 2 } })
const id = (name: string) => two.members.get(name)?.id ?? ''
const journal: Journal = {
  number: 3,
  id: 'b5f1f0a4-6c0e-4f43-9d0b-5c3f0d1f1c11',
  fleet: 'pi',
  began: '2026-01-01T00:00:00Z',
  hosts: ['a', 'b'],
  weights: { a: 1, b: 2 },
  keyspace: 'temperature',
  ids: { a: id('a'), b: id('b') },
  steps: planRebalance(two, { ringDelay: 30, only: ['a'] }).steps,
  at: 0,
}
const seal = { fleet: 'pi', key: 'secret' }
const other = 'c5f1f0a4-6c0e-4f43-9d0b-5c3f0d1f1c11'

describe('a journal', () => {
  it('comes back as it was written, and leaves nothing beside it', async () => {
    const own = ownJournal(join(folder, 'pi.yaml'))
    expect(own.read()).toBeUndefined()
    await own.write(sealed({ ...journal, at: 3 }, seal))
    expect(unsealed(own.read() ?? '', seal)).toEqual({ ...journal, at: 3 })
    expect(readdirSync(folder)).toEqual(['pi.rebalance.json'])
    own.remove()
    expect(own.read()).toBeUndefined()
  })

  it('is believed only where this fleet has sealed it', () => {
    const doubt = (text: string) => unsealed(text, seal)
    expect(doubt('{"at": "soon"}')).toEqual({ doubtful: 'it is no journal of a rebalance' })
    expect(doubt('')).toEqual({ doubtful: 'it is no journal of a rebalance' })
    expect(doubt(sealed(journal, { ...seal, key: 'of another' }))).toMatchObject({
      doubtful: expect.stringContaining('not sealed with this fleet’s secret') as string,
    })
    // Somebody on the Pi lets it go on two steps later.
    expect(doubt(sealed(journal, seal).replace('"at": 0', '"at": 5'))).toMatchObject({
      doubtful: expect.stringContaining('somebody changed it') as string,
    })
    // The same secret, as where an inventory was copied.
    expect(doubt(sealed({ ...journal, fleet: 'otherfleet' }, seal))).toEqual({ doubtful: 'it is about the fleet otherfleet' })
  })

  it('cannot carry words for a shell, even sealed', () => {
    const place = { state: 'place' as const, node: 'a', tokens: ['1; reboot'], seeds: ['10.0.0.1'] }
    expect(unsealed(sealed({ ...journal, keyspace: "x'; reboot; '" }, seal), seal)).toHaveProperty('doubtful')
    expect(unsealed(sealed({ ...journal, steps: [place] }, seal), seal)).toHaveProperty('doubtful')
    expect(unsealed(sealed({ ...journal, steps: [{ ...place, tokens: ['1'], seeds: ['$(reboot)'] }] }, seal), seal)).toHaveProperty(
      'doubtful',
    )
  })

  it('counts by its number and by how far it is, whatever any clock says', () => {
    expect(unfinishedOf([journal, { ...journal, at: 4 }, { ...journal, at: 2 }])?.at).toBe(4)
    const earlier = { ...journal, number: 2, id: other, began: '2030-01-01T00:00:00Z' }
    expect(unfinishedOf([{ ...journal, at: 1 }, earlier])?.number).toBe(3)
    expect(unfinishedOf([])).toBeUndefined()
  })

  it('that a host kept while it was away is over once anybody knows that', () => {
    const over = { ...journal, at: journal.steps.length }
    expect(unfinishedOf([{ ...journal, at: 5 }, over])).toBeUndefined()
    expect(unfinishedOf([{ ...journal, number: 2, id: other }, over])).toBeUndefined()
  })

  it('two that were begun at once are told, and neither is chosen', () => {
    expect(() => unfinishedOf([journal, { ...journal, id: other }])).toThrow('two rebalances with the number 3 were begun')
  })

  it('that is over takes the place of the last on a host, and is no longer in anybody’s way', () => {
    expect(writesJournal(journal, seal)).not.toContain('rm -f')
    expect(writesJournal({ ...journal, at: journal.steps.length }, seal)).toMatch(
      /rebalance\.last\.json && rm -f \/var\/lib\/provision\/rebalance\.json/,
    )
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
